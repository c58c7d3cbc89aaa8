import { z } from 'zod';

/** One accepted write as it lies in its stream: its id, then names and values of its fields in turn. */
export const KeptEntry = z.tuple([z.string(), z.array(z.string())]);
export type KeptEntry = z.infer<typeof KeptEntry>;

/** Of one shard, accepted by one run of a server; in order. */
export const KeptStream = z.object({ shard: z.int(), run: z.string(), entries: z.array(KeptEntry) });
export type KeptStream = z.infer<typeof KeptStream>;

/** What a region's queue holds: writes that were accepted and perhaps not applied yet. Part of every backup. */
export const QueueContent = z.object({
  /** Runs of the servers that accepted them, oldest first, with their scores. */
  incarnations: z.array(z.object({ run: z.string(), score: z.number() })),
  /** Those with entries. */
  streams: z.array(KeptStream),
  /** More was there than is kept of one queue. */
  isCut: z.boolean(),
});
export type QueueContent = z.infer<typeof QueueContent>;

/** `<ms>-<sequence>` as Redis orders them: below 0 when the first is the older one. */
export function compareEntryIds(a: string, b: string): number {
  const [one, other] = [toParts(a), toParts(b)];
  return one.ms === other.ms ? one.sequence - other.sequence : one.ms - other.ms;
}

function toParts(id: string): { ms: number; sequence: number } {
  const [ms, sequence] = id.split('-').map(Number);
  return { ms: ms ?? 0, sequence: sequence ?? 0 };
}
