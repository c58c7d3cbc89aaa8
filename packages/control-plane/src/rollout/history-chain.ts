import { createHash } from 'node:crypto';
import { HistoryEntry } from '@alwayson/protocol/releases.ts';

/** What a writer gives; the chain adds the rest. */
export type HistoryDraft = Omit<HistoryEntry, 'seq' | 'at' | 'previous' | 'hash'>;

/** What the first entry follows. */
export const noHash = '0'.repeat(64);

/** The newest entry that is known: what the next one follows. */
export interface ChainHead {
  seq: number;
  hash: string;
}
export const emptyHead: ChainHead = { seq: 0, hash: noHash };

/** The whole entry, as it will be read: what JSON cannot say is gone from it. */
export function sealEntry(
  draft: HistoryDraft,
  { seq, at, previous }: Omit<HistoryEntry, keyof HistoryDraft | 'hash'>,
): HistoryEntry {
  const open = { ...draft, seq, at, previous };
  return JSON.parse(renderCanonical({ ...open, hash: hashOf(open) })) as HistoryEntry;
}

/** The line of an entry, without its end. One entry has one line: a byte more or less is another line. */
export function renderLine(entry: HistoryEntry): string {
  return renderCanonical(entry);
}

/** The entry of a line; null when it is no entry, was changed, or is not written as `renderLine` writes it. */
export function readLine(line: string): HistoryEntry | null {
  const document = parse(line);
  // Looked at as it is written: a schema may leave out what it does not know.
  if (!HistoryEntry.safeParse(document).success) return null;
  const { hash, ...open } = document as HistoryEntry;
  return hash === hashOf(open) && renderCanonical(document) === line ? (document as HistoryEntry) : null;
}

/** Whether an entry is the very next after another. */
export function isNext(entry: HistoryEntry, { seq, hash }: ChainHead): boolean {
  return entry.seq === seq + 1 && entry.previous === hash;
}

export interface ChainVerdict {
  /** Lines, readable or not. */
  entries: number;
  whole: boolean;
  /** The first line, counted from 1, that does not follow from the one before it; one past the last when the end is missing. */
  brokenAt: number | null;
}

/**
 * Takes a history line by line and keeps nothing but where it stands. `announced` was written down beside the history after its
 * last entry: lines that were taken from the end are missed.
 */
export function createChainCheck(announced: ChainHead) {
  let head = emptyHead;
  let entries = 0;
  let brokenAt: number | null = null;
  /** The hash of the entry that has the number of the head that was announced. */
  let announcedHash: string | null = null;
  return {
    take(line: string): void {
      entries += 1;
      const entry = readLine(line);
      if (entry === null || !isNext(entry, head)) brokenAt ??= entries;
      if (entry === null) return;
      if (entry.seq === announced.seq) announcedHash = entry.hash;
      head = { seq: entry.seq, hash: entry.hash };
    },
    end(): ChainVerdict {
      const isMissing = announced.seq > 0 && announcedHash !== announced.hash;
      if (isMissing) brokenAt ??= entries + 1;
      return { entries, whole: brokenAt === null, brokenAt };
    },
  };
}

function hashOf(open: Omit<HistoryEntry, 'hash'>): string {
  return createHash('sha256').update(renderCanonical(open)).digest('hex');
}

/** JSON with the keys of every object in order. */
function renderCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
