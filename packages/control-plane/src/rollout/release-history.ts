import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { HistoryEntry } from '@alwayson/protocol/releases.ts';
import { z } from 'zod';
import type { Journal } from '../operations/journal.ts';
import {
  type ChainHead,
  type ChainVerdict,
  createChainCheck,
  emptyHead,
  type HistoryDraft,
  isNext,
  readLine,
  renderLine,
  sealEntry,
} from './history-chain.ts';
import { appendLine, lineBytesMax, readLines, readTail, setTornAside } from './history-file.ts';

export interface HistoryFilter {
  rollout?: string | undefined;
  /** Digest: all of the rollouts that brought it, or were to. */
  release?: string | undefined;
  kinds?: readonly HistoryEntry['kind'][];
  /** The newest ones; at most, and unless told otherwise, 500. */
  limit?: number;
}

export interface ReleaseHistory {
  /** On disk when it returns. Throws AON_DISK_FULL. */
  append(draft: HistoryDraft): HistoryEntry;
  /** Oldest first. */
  entries(filter?: HistoryFilter): Promise<HistoryEntry[]>;
  /** Reads all of it. What is broken is told as an event, once for each place. */
  verify(): Promise<ChainVerdict>;
}

const keptMax = 500;
const Head = z.strictObject({ seq: z.int(), hash: z.string() });

/**
 * The lines of `releases.jsonl`, each with the hash of the one before it, and beside them `.head`, the newest: so that lines missing
 * at the end are found too. A line that a crash tore is set aside as `.torn-<time>`. Where the chain is broken elsewhere it stays so,
 * and goes on after its last line.
 */
export function createReleaseHistory(
  file: string,
  { now, journal }: { now: () => number; journal: Pick<Journal, 'event'> },
): ReleaseHistory {
  const headFile = `${file}.head`;
  const told = new Set<number>();
  const tail = readTail(file, keptMax);
  if (tail.torn.length > 0) {
    const aside = `${file}.torn-${new Date(now()).toISOString().replaceAll(':', '')}`;
    setTornAside(file, tail, aside);
    const message = `The release history ended in a torn line, which is now ${aside}.`;
    journal.event({ severity: 'warning', type: 'release-history.torn', entity: 'release-history', message });
  }
  let bytes = tail.wholeBytes;
  let isPart = tail.isPart;
  let kept = tail.lines.map(readLine).filter((entry) => entry !== null);
  let head = readHead(headFile);
  const last = kept.at(-1);
  // A crash can fall between the line and its head.
  if (last !== undefined && isNext(last, head)) head = writeHead(headFile, last) ?? head;

  const tellBroken = ({ brokenAt }: ChainVerdict) => {
    if (brokenAt === null || told.has(brokenAt)) return;
    told.add(brokenAt);
    const message = `The release history is not whole: line ${brokenAt} does not follow from the one before it.`;
    const event = { severity: 'error', type: 'release-history.broken', entity: 'release-history' } as const;
    journal.event({ ...event, message, data: { line: brokenAt } });
  };

  const next = (): Pick<HistoryEntry, 'seq' | 'previous'> => {
    const { seq, hash } = kept.at(-1) ?? emptyHead;
    // Numbers that were given once are not given again, also when their lines are gone.
    return { seq: Math.max(seq, head.seq) + 1, previous: hash };
  };

  async function* all(): AsyncGenerator<HistoryEntry> {
    if (!isPart) return yield* kept;
    for await (const line of readLines(file, bytes)) {
      const entry = readLine(line);
      if (entry !== null) yield entry;
    }
  }

  /** Those that brought the release of this digest, or were to. */
  const listRollouts = async (digest: string) => {
    const found = new Set<string>();
    for await (const { rollout, data } of all()) if (data['release'] === digest) found.add(rollout);
    return found;
  };

  return {
    append(draft) {
      const at = new Date(now()).toISOString();
      const entry = toBounded(draft, (bounded) => sealEntry(bounded, { ...next(), at }));
      bytes = write(file, renderLine(entry));
      kept.push(entry);
      isPart ||= kept.length > keptMax;
      kept = kept.slice(-keptMax);
      head = writeHead(headFile, entry) ?? head;
      return entry;
    },
    async entries({ rollout, release, kinds, limit = keptMax } = {}) {
      const most = Math.min(limit, keptMax);
      const rollouts = release === undefined ? null : await listRollouts(release);
      const isWanted = (entry: HistoryEntry) =>
        (rollout === undefined || entry.rollout === rollout) &&
        (rollouts?.has(entry.rollout) ?? true) &&
        (kinds?.includes(entry.kind) ?? true);
      const recent = kept.filter(isWanted);
      if (!isPart || recent.length >= most) return recent.slice(-most);
      let found: HistoryEntry[] = [];
      for await (const entry of all()) {
        if (!isWanted(entry)) continue;
        found.push(entry);
        if (found.length >= 2 * most) found = found.slice(-most);
      }
      return found.slice(-most);
    },
    async verify() {
      const check = createChainCheck(head);
      for await (const line of readLines(file, bytes)) check.take(line);
      const verdict = check.end();
      tellBroken(verdict);
      return verdict;
    },
  };
}

function write(file: string, line: string): number {
  try {
    return appendLine(file, line);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw new AlwaysOnError('AON_DISK_FULL', `The disk is full: ${file} cannot be written.`, {
      cause: error,
    });
  }
}

/** A line that would be too long for the file is written without its data. */
function toBounded(draft: HistoryDraft, seal: (draft: HistoryDraft) => HistoryEntry): HistoryEntry {
  const entry = seal(draft);
  const { length } = Buffer.from(renderLine(entry));
  return length < lineBytesMax ? entry : seal({ ...draft, data: { leftOutBytes: length } });
}

function readHead(file: string): ChainHead {
  if (!existsSync(file)) return emptyHead;
  try {
    return Head.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return emptyHead;
  }
}

/** Not synced: an older one, or none, misses less and accuses nobody. Null when it could not be written. */
function writeHead(file: string, { seq, hash }: HistoryEntry): ChainHead | null {
  try {
    writeFileSync(`${file}.partial`, JSON.stringify({ seq, hash }), { mode: 0o600 });
    renameSync(`${file}.partial`, file);
    return { seq, hash };
  } catch {
    return null;
  }
}
