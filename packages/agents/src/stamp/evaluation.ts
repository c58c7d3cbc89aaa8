import { decidePace, firstPace, type Pace } from '@alwayson/core/stamp-health/decide-pace.ts';
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
 * While users wait, what hangs must be out of the gateways within three seconds: this, two probes in vain of 650 ms each, and the
 * gateways' own interval of 800 ms are 2.8 s at the worst. With nobody there, asking costs more than it tells.
 */
const roundEveryMs = { busy: 700, quiet: 2100 };
/** What takes no requests is asked only so often, whether it is busy or not. */
const othersEveryMs = 2000;

export interface Evaluation {
  state(): StampState;
  /** ISO 8601 of the last complete round. */
  lastExecution(): string;
  rounds(): number;
  setDrained(drained: boolean): void;
  /** An evaluation older than this says nothing: three intervals, or what a round of timeouts can take. */
  staleAfterMs(): number;
  /** From now on a round every 700 ms, every 2,100 ms while there are no users. */
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
    required,
    prober: createComponentProber({ host, port, ...probe }),
  }));
  const required = components.filter((component) => component.required).map(({ name }) => name);
  const timeoutMs = Math.max(...components.map(({ probe }) => probe.timeoutMs));
  let state = createStampState(components);
  let pace: Pace = firstPace;
  let othersAt = -Infinity;
  let lastExecution = new Date().toISOString();
  let rounds = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const intervalMs = () => (now() < pace.busyUntil ? roundEveryMs.busy : roundEveryMs.quiet);

  const round = async (startedAt: number) => {
    const isAll = startedAt - othersAt >= othersEveryMs;
    if (isAll) othersAt = startedAt;
    const due = isAll ? probers : probers.filter((prober) => prober.required);
    await Promise.all(
      due.map(async ({ name, prober }) => {
        const outcome = await prober.probe();
        state = applyOutcome(state, name, outcome);
      }),
    );
    state = completeRound(state, now());
    const told = required.map((name) => state.components.get(name)?.last?.requests);
    pace = decidePace(pace, told, now());
    lastExecution = new Date().toISOString();
    rounds += 1;
  };

  const goOn = async () => {
    const startedAt = now();
    await round(startedAt);
    if (closed) return;
    // One that hung is asked again at once: the sooner it is known to hang, the fewer requests hang with it.
    const hangs = [...state.components.values()].some(
      ({ verdict, last }) => verdict === 'up' && last?.kind === 'timeout',
    );
    timer = setTimeout(() => void goOn(), hangs ? 0 : Math.max(0, startedAt + intervalMs() - now()));
  };

  return {
    state: () => state,
    lastExecution: () => lastExecution,
    rounds: () => rounds,
    staleAfterMs: () => Math.max(3 * intervalMs(), intervalMs() + 2 * timeoutMs),
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
