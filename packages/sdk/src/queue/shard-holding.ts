/** A shard this worker holds the lease of. */
export interface ShardHolding {
  readonly shard: number;
  readonly fence: number;
  /** Incarnation -> last applied id; null when the ledger must be asked. */
  positions: Map<string, string> | null;
  /** Failures in a row; each makes the next try later and smaller. */
  failures: number;
  notBefore: number;
  /** When the oldest entry that is known to wait was accepted. */
  waitingSince: number | null;
  depth: number;
}

const pauseMs = 100;
const pauseMsMax = 1000;

export function createShardHolding({ shard, fence }: { shard: number; fence: number }): ShardHolding {
  return { shard, fence, positions: null, failures: 0, notBefore: 0, waitingSince: null, depth: 0 };
}

/** After a failure: what was committed is not known, so the ledger is asked again, a little later. */
export function setBack(holding: ShardHolding, now: number): void {
  const pause = Math.min(pauseMs * 2 ** holding.failures, pauseMsMax);
  holding.positions = null;
  holding.failures += 1;
  holding.notBefore = now + pause * (0.5 + Math.random() / 2);
}
