import type { RegionReader } from './region-reader.ts';

export interface QueueConsumerStats {
  /** Entries not yet applied in the streams this worker reads, as of the last read. */
  depth: number;
  /** Age of the oldest entry that this worker tries to apply; 0 when none waits. */
  oldestAgeMs: number;
  appliedTotal: number;
  deadLettersTotal: number;
  /** From accepted to applied, of the oldest entry in the last batch. */
  lagMs: number;
  /** Shards held, as `region/shard`. */
  shards: string[];
}

/** What a worker's readers hold now, with the totals of what it has done. */
export function toStats(
  readers: readonly RegionReader[],
  totals: { applied: number; deadLetters: number; lagMs: number },
): QueueConsumerStats {
  const held = readers.flatMap(({ holdings }) => [...holdings.values()]);
  const since = held.flatMap(({ waitingSince }) => waitingSince ?? []);
  return {
    depth: held.reduce((sum, { depth }) => sum + depth, 0),
    oldestAgeMs: since.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...since)),
    appliedTotal: totals.applied,
    deadLettersTotal: totals.deadLetters,
    lagMs: totals.lagMs,
    shards: readers.flatMap(({ queue, holdings }) =>
      [...holdings.keys()].map((shard) => `${queue}/${shard}`),
    ),
  };
}
