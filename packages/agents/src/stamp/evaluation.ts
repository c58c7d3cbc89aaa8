import {
  applyOutcome,
  completeRound,
  createStampState,
  setDrained,
  type StampState,
} from '@alwayson/core/stamp-health/stamp-state.ts';
import { createComponentProber } from './component-prober.ts';
import type { ProbedComponent } from './stamp-settings.ts';

/**
 * What hangs must be out of the gateways within three seconds: this, two probes in vain of 650 ms each, and the gateways' own
 * interval of 800 ms are 2.8 s at the worst.
 */
const intervalMs = 700;
/** What takes no requests is asked only each so many rounds. */
const otherRoundsEvery = 3;

export interface Evaluation {
  state(): StampState;
  /** ISO 8601 of the last complete round. */
  lastExecution(): string;
  rounds(): number;
  setDrained(drained: boolean): void;
  /** From now on a round every `intervalMs`. */
  start(): void;
  close(): void;
}

export interface EvaluationOptions {
  host: string;
  components: readonly ProbedComponent[];
  now(): number;
}

/** Asks all components side by side, again and again; requests for the result never cause a probe. */
export function createEvaluation({ host, components, now }: EvaluationOptions): Evaluation {
  const probers = components.map(({ name, port, probe, required }) => ({
    name,
    every: required ? 1 : otherRoundsEvery,
    prober: createComponentProber({ host, port, ...probe }),
  }));
  let state = createStampState(components);
  let lastExecution = new Date().toISOString();
  let rounds = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const round = async () => {
    const due = probers.filter(({ every }) => rounds % every === 0);
    await Promise.all(
      due.map(async ({ name, prober }) => {
        const outcome = await prober.probe();
        state = applyOutcome(state, name, outcome);
      }),
    );
    state = completeRound(state, now());
    lastExecution = new Date().toISOString();
    rounds += 1;
  };

  const goOn = async () => {
    const startedAt = now();
    await round();
    if (closed) return;
    // One that hung is asked again at once: the sooner it is known to hang, the fewer requests hang with it.
    const hangs = [...state.components.values()].some(
      ({ verdict, last }) => verdict === 'up' && last?.kind === 'timeout',
    );
    timer = setTimeout(() => void goOn(), hangs ? 0 : Math.max(0, startedAt + intervalMs - now()));
  };

  return {
    state: () => state,
    lastExecution: () => lastExecution,
    rounds: () => rounds,
    setDrained(drained) {
      state = setDrained(state, drained);
    },
    start() {
      void goOn();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const { prober } of probers) prober.close();
    },
  };
}

/** An evaluation older than this says nothing: three intervals, or what a round of timeouts can take. */
export function toStaleAfterMs(components: readonly ProbedComponent[]): number {
  const timeoutMs = Math.max(...components.map(({ probe }) => probe.timeoutMs));
  return Math.max(3 * intervalMs, intervalMs + 2 * timeoutMs);
}
