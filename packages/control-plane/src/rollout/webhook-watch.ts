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
  look(memory: unknown, state: RolloutState, manifest: Manifest): WebhookDecision;
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
  onAnswer: () => void;
  now: () => number;
}): WebhookWatch {
  const { environment, onAnswer, now } = options;
  const closing = new AbortController();
  let current: { rollout: string; webhooks: RolloutWebhooks } | null = null;
  let answered: Answered[] = [];

  const webhooksOf = ({ program }: RolloutState, manifest: Manifest): RolloutWebhooks => {
    if (current?.rollout !== program.id) {
      void current?.webhooks.close();
      const webhooks = createRolloutWebhooks(manifest.release.gates.webhooks, environment);
      current = { rollout: program.id, webhooks };
      answered = [];
    }
    return current.webhooks;
  };

  return {
    look(memory, state, manifest) {
      const webhooks = webhooksOf(state, manifest);
      // What is not ours to read was written by nobody: everybody is asked again.
      const kept = Array.isArray(memory) ? (memory as WebhookMemory) : [];
      const known = answered.splice(0).reduce((sum, said) => takeWebhookAnswers(sum, said, now()), kept);
      const declared = manifest.release.gates.webhooks;
      const decision = decideWebhooks(declared, { state, memory: known }, now());
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
      current?.webhooks.tell({ phase: toFlaggerPhase(state), release, message, kind, at: now() });
    },
    async close() {
      closing.abort();
      await current?.webhooks.close();
    },
  };
}
