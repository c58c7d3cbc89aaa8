import { compareEntryIds, type QueueContent } from '@alwayson/protocol/queue-content.ts';

/** Up to where a stream was applied, as the ledger in the database has it. */
export interface AppliedUpTo {
  shard: number;
  run: string;
  lastId: string;
}

/**
 * Of what a queue held: what the restored database has not applied. It was accepted before the moment that was restored, and nothing else
 * knows of it any more.
 */
export function choosePutBack(
  { incarnations, streams }: QueueContent,
  applied: readonly AppliedUpTo[],
): Pick<QueueContent, 'incarnations' | 'streams'> {
  const chosen = streams.flatMap(({ shard, run, entries }) => {
    const lastId = applied.find((one) => one.shard === shard && one.run === run)?.lastId ?? '0-0';
    const left = entries.filter(([id]) => compareEntryIds(id, lastId) > 0);
    return left.length === 0 ? [] : [{ shard, run, entries: left }];
  });
  return { incarnations, streams: chosen };
}

export function countEntries({ streams }: Pick<QueueContent, 'streams'>): number {
  return streams.reduce((sum, { entries }) => sum + entries.length, 0);
}
