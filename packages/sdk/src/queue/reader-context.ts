import type { ApplyContext } from './apply-batch.ts';

/** What a reader is given, and whom it tells. */
export interface ReaderContext extends ApplyContext {
  /** False when the leases may have run out: nothing is begun then. */
  holdsLeases(): boolean;
  /** Nothing has come for a while: beats are rarer. */
  isQuiet(): boolean;
  /** This worker cannot apply what is next in the shard; another may. */
  giveUp(shard: number): void;
  applied(result: { applied: number; deadLetters: number; oldestAcceptedAt: number }): void;
  failed(error: unknown): void;
}
