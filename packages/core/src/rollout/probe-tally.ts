import { addLatency, createHistogram, type LatencyHistogram } from '@alwayson/protocol/latency-histogram.ts';

/** What the prober of the front door saw during a rollout. Plain JSON, kept in its record. Times in ms. */
export interface ProberState {
  from: number;
  /** Until when it is known to have run. */
  at: number;
  /** Requests whose outcome is known, and those without a good answer in time. */
  sent: number;
  failed: number;
  /** Of good answers. */
  latency: LatencyHistogram;
  /** The longest time in which an answer was due and none came. */
  longestGapMs: number;
  /** When it did not run: nothing is known of that time. */
  away: { times: number; ms: number };
  /** The last few. */
  failures: readonly { at: number; path: string; text: string }[];
}

export interface ProbeOutcome {
  path: string;
  at: number;
  latencyMs: number;
  /** Why there was no good answer; null when there was one. */
  failure: string | null;
}

export interface ProbeTally {
  /** A request is on its way. `clock` is in ms, goes on evenly and stands still while we ourselves did not run. */
  sent(clock: number): void;
  answered(outcome: ProbeOutcome, clock: number): void;
  /** We did not run. */
  wasAway(ms: number): void;
  state(now: number, clock: number): ProberState;
}

/** Whoever kept its state each second was not away. */
const awayMs = 2500;
const failuresKept = 10;
const textMax = 200;

/** Goes on from what was kept, or begins. */
export function createProbeTally(before: ProberState | null, startedAt: number): ProbeTally {
  let state = before === null ? begin(startedAt) : resume(before, startedAt);
  /** The first request since the last good answer was sent then. */
  let waitingSince: number | null = null;
  const gapAt = (clock: number) => (waitingSince === null ? 0 : clock - waitingSince);
  return {
    sent(clock) {
      waitingSince ??= clock;
    },
    answered({ path, at, latencyMs, failure }, clock) {
      state = { ...state, sent: state.sent + 1 };
      if (failure === null) {
        const latency = [...state.latency];
        addLatency(latency, latencyMs);
        state = { ...state, latency, longestGapMs: Math.max(state.longestGapMs, gapAt(clock)) };
        waitingSince = null;
        return;
      }
      const failures = [...state.failures, { at, path, text: failure.slice(0, textMax) }];
      state = { ...state, failed: state.failed + 1, failures: failures.slice(-failuresKept) };
    },
    wasAway(ms) {
      state = addAway(state, ms);
    },
    state(now, clock) {
      state = { ...state, at: now };
      return { ...state, longestGapMs: Math.round(Math.max(state.longestGapMs, gapAt(clock))) };
    },
  };
}

function begin(now: number): ProberState {
  const nothing = { sent: 0, failed: 0, longestGapMs: 0, away: { times: 0, ms: 0 }, failures: [] };
  return { from: now, at: now, latency: createHistogram(), ...nothing };
}

function resume(state: ProberState, now: number): ProberState {
  return now - state.at > awayMs ? addAway(state, now - state.at) : state;
}

function addAway(state: ProberState, ms: number): ProberState {
  const { away } = state;
  return { ...state, away: { times: away.times + 1, ms: away.ms + Math.round(ms) } };
}
