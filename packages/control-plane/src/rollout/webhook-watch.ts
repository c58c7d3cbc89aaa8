import {
  decideWebhooks,
  takeWebhookAnswers,
  type WebhookDecision,
  type WebhookMemory,
  type WebhookQuestion,
  type WebhookSaid,
} from '@alwayson/core/rollout/decide-webhooks.ts';
import { toFlaggerPhase } from '@alwayson/core/rollout/flagger-phase.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { createRolloutWebhooks, type RolloutWebhooks } from './rollout-webhooks.ts';

export interface WebhookWatch {
  /** Asks whoever is due, and says what the answers so far come to. The memory is plain JSON that the caller keeps. */
  look(memory: unknown, state: RolloutState): WebhookDecision;
  /** Tells those who want to hear of events, and waits for nobody. */
  tell(state: RolloutState, message: string, kind: 'Normal' | 'Warning'): void;
  close(): Promise<void>;
}

interface Answered {
  question: WebhookQuestion;
  answers: WebhookSaid[];
}

/** The external gates of the rollout that runs, as its manifest declares them. */
export function createWebhookWatch(options: {
  environment: Environment;
  /** Of the release that a rollout brings. */
  manifestOf: (rollout: string) => Manifest;
  onAnswer: () => void;
  now: () => number;
}): WebhookWatch {
  const { environment, manifestOf, onAnswer, now } = options;
  const declaredFor = ({ program }: RolloutState) => manifestOf(program.id).release.gates.webhooks;
  const closing = new AbortController();
  let current: { rollout: string; webhooks: RolloutWebhooks } | null = null;
  let answered: Answered[] = [];

  const webhooksOf = (state: RolloutState): RolloutWebhooks => {
    const { id } = state.program;
    if (current?.rollout !== id) {
      void current?.webhooks.close();
      current = { rollout: id, webhooks: createRolloutWebhooks(declaredFor(state), environment) };
      answered = [];
    }
    return current.webhooks;
  };

  return {
    look(memory, state) {
      const webhooks = webhooksOf(state);
      // What is not ours to read was written by nobody: everybody is asked again.
      const kept = Array.isArray(memory) ? (memory as WebhookMemory) : [];
      const known = answered.splice(0).reduce((sum, said) => takeWebhookAnswers(sum, said, now()), kept);
      const decision = decideWebhooks(declaredFor(state), { state, memory: known }, now());
      const context = { phase: toFlaggerPhase(state), release: state.program.release };
      for (const question of decision.due) {
        void webhooks.ask(question, context, closing.signal).then((answers) => {
          answered.push({ question, answers });
          onAnswer();
        });
      }
      return decision;
    },
    tell(state, message, kind) {
      const { release } = state.program;
      webhooksOf(state).tell({ phase: toFlaggerPhase(state), release, message, kind, at: now() });
    },
    async close() {
      closing.abort();
      await current?.webhooks.close();
    },
  };
}
