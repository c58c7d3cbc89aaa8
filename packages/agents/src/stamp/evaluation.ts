import {
  applyOutcome,
  completeRound,
  createStampState,
  setDrained,
  type StampState,
} from '@alwayson/core/stamp-health/stamp-state.ts';
import { createComponentProber } from './component-prober.ts';
import type { ProbedComponent } from './stamp-settings.ts';

const intervalMs = 1000;
/** What takes no requests is asked only each so many rounds. */
const otherRoundsEvery = 2;

export interface Evaluation {
  state(): StampState;
  /** ISO 8601 of the last complete round. */
  lastExecution(): string;
  rounds(): number;
  setDrained(drained: boolean): void;
  /** One round of probes. Rounds never overlap. */
  runOnce(): Promise<void>;
  /** A round every second from now on. */
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
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

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

  const runOnce = () => {
    running ??= round().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    state: () => state,
    lastExecution: () => lastExecution,
    rounds: () => rounds,
    setDrained(drained) {
      state = setDrained(state, drained);
    },
    runOnce,
    start() {
      timer = setInterval(() => void runOnce(), intervalMs);
    },
    close() {
      clearInterval(timer);
      for (const { prober } of probers) prober.close();
    },
  };
}

/** An evaluation older than this says nothing: three intervals, or what a round of timeouts can take. */
export function toStaleAfterMs(components: readonly ProbedComponent[]): number {
  const timeoutMs = Math.max(...components.map(({ probe }) => probe.timeoutMs));
  return Math.max(3 * intervalMs, intervalMs + 2 * timeoutMs);
}
