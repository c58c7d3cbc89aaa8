import type { State } from '@alwayson/protocol/words.ts';

/** One result of one signal. Results are told apart by their time: the same result given twice counts once. */
export interface HealthSample {
  entity: string;
  signal: string;
  /** When it was measured, ms since the epoch: not when it was read. */
  at: number;
  /** What a `state` signal says. `unknown` is the lack of an answer: a timeout, an unreachable source. */
  state?: State;
  /** What a `threshold` signal says; null or NaN is the lack of a number. */
  value?: number | null;
  /** From how many events the value was made. */
  samples?: number;
  /** Evidence that needs no confirmation: refused, reset, exited, an operator's word. */
  hard?: boolean;
  reason?: string;
  /** Who looked: liveness that falls silent is judged by whether its observer reached others. */
  observer?: string;
  /** The entity that this is a symptom of, where the source knows. */
  cause?: string;
}
