import { z } from 'zod';

/** What arrived of one HAProxy process's numbered lines. */
const Sequence = z.strictObject({
  boot: z.string(),
  first: z.int(),
  last: z.int(),
  received: z.int(),
  lost: z.int(),
});

export const LineSequences = z.strictObject({
  /** Of processes that are forgotten already. */
  settled: z.int(),
  boots: z.array(Sequence),
});
export type LineSequences = z.infer<typeof LineSequences>;

/** One gateway logs here, and every reload leaves an old process behind for a while. */
const bootsMax = 16;

export function createLineSequences(): LineSequences {
  return { settled: 0, boots: [] };
}

/**
 * Counts a line in. `fresh`: the process started while we listened, so its lines before this one are lost ones. Lines may
 * overtake each other; a late one takes back the loss it was counted as.
 */
export function addSequence(
  sequences: LineSequences,
  line: { boot: string; seq: number },
  fresh: boolean,
): void {
  let entry = sequences.boots.find(({ boot }) => boot === line.boot);
  if (entry === undefined) {
    const first = fresh ? 1 : line.seq;
    entry = { boot: line.boot, first, last: first - 1, received: 0, lost: 0 };
    sequences.boots.push(entry);
    const oldest = sequences.boots.length > bootsMax ? sequences.boots.shift() : undefined;
    sequences.settled += oldest?.lost ?? 0;
  }
  if (line.seq < entry.first) return;
  entry.last = Math.max(entry.last, line.seq);
  entry.received += 1;
  entry.lost = Math.max(0, entry.last - entry.first + 1 - entry.received);
}

export function countLost(sequences: LineSequences): number {
  return sequences.boots.reduce((sum, { lost }) => sum + lost, sequences.settled);
}
