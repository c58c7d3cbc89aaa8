import { z } from 'zod';

/** What arrived of one HAProxy process's numbered lines. */
const Sequence = z.strictObject({
  boot: z.string(),
  first: z.int(),
  last: z.int(),
  /** When the last one arrived. */
  lastAtMs: z.number(),
  received: z.int(),
  lost: z.int(),
  /** How many of the lost ones `settleLosses` has told of, and when the others must have been sent. */
  settled: z.int(),
  gap: z.strictObject({ fromMs: z.number(), toMs: z.number() }).nullable(),
  /** Requests that it dropped without a line; null until it first told, when it has run for longer than we listen. */
  unanswered: z.int().nullable().default(null),
});
type Sequence = z.infer<typeof Sequence>;

export const LineSequences = z.strictObject({
  /** Lost lines of processes that are forgotten already. */
  settled: z.int(),
  boots: z.array(Sequence),
});
export type LineSequences = z.infer<typeof LineSequences>;

/** Lines that never came, and the time in which they were sent. */
export interface LineLoss {
  lines: number;
  fromMs: number;
  toMs: number;
}

/** One gateway logs here, and every reload leaves an old process behind for a while. */
const bootsMax = 16;
/** Lines overtake each other by milliseconds. Under load some line is always on its way: then it is settled all the same. */
const overtakingMs = 1000;
const unsettledMaxMs = 20_000;

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
  { fresh, nowMs }: { fresh: boolean; nowMs: number },
): void {
  const entry =
    sequences.boots.find(({ boot }) => boot === line.boot) ?? addBoot(sequences, line, { fresh, nowMs });
  if (line.seq < entry.first) return;
  if (line.seq > entry.last + 1) {
    entry.gap = { fromMs: entry.gap?.fromMs ?? entry.lastAtMs, toMs: nowMs };
  }
  if (line.seq > entry.last) {
    entry.last = line.seq;
    entry.lastAtMs = nowMs;
  }
  entry.received += 1;
  entry.lost = Math.max(0, entry.last - entry.first + 1 - entry.received);
  entry.settled = Math.min(entry.settled, entry.lost);
}

function addBoot(
  sequences: LineSequences,
  { boot, seq }: { boot: string; seq: number },
  { fresh, nowMs }: { fresh: boolean; nowMs: number },
): Sequence {
  const first = fresh ? 1 : seq;
  const startedAtMs = fresh ? Math.min(nowMs, Number.parseInt(boot, 10) * 1000) : nowMs;
  const entry = {
    boot,
    first,
    last: first - 1,
    lastAtMs: startedAtMs,
    received: 0,
    lost: 0,
    settled: 0,
    gap: null,
    unanswered: fresh ? 0 : null,
  };
  sequences.boots.push(entry);
  const oldest = sequences.boots.length > bootsMax ? sequences.boots.shift() : undefined;
  sequences.settled += oldest?.lost ?? 0;
  return entry;
}

/** The losses that are certain by now, each told once. */
export function settleLosses(sequences: LineSequences, nowMs: number): LineLoss[] {
  return sequences.boots.flatMap((entry) => {
    const { gap } = entry;
    if (gap === null) return [];
    if (gap.toMs > nowMs - overtakingMs && gap.fromMs > nowMs - unsettledMaxMs) return [];
    const lines = entry.lost - entry.settled;
    entry.settled = entry.lost;
    entry.gap = null;
    return lines > 0 ? [{ lines, ...gap }] : [];
  });
}

/** How many requests the process dropped since it last told. What was before we listened is nobody's loss here. */
export function addUnanswered(sequences: LineSequences, told: { pid: number; count: number }): number {
  const entry = sequences.boots.findLast(({ boot }) => boot.endsWith(`.${told.pid}`));
  if (entry === undefined) return 0;
  const before = entry.unanswered ?? told.count;
  entry.unanswered = Math.max(before, told.count);
  return entry.unanswered - before;
}

export function countLost(sequences: LineSequences): number {
  return sequences.boots.reduce((sum, { lost }) => sum + lost, sequences.settled);
}
