import { createReadStream, createWriteStream, fchownSync, openSync, statSync } from 'node:fs';
import { rename, rm, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { SystemUser } from './system-user.ts';

interface LogBounds {
  /** A file that is larger is rotated. */
  bytesMax: number;
  /** Files kept, the one that is written included: `unit.log`, `unit.log.1`, `unit.log.2` for 3. */
  filesMax: number;
}

const logBounds: LogBounds = { bytesMax: 5 * 1024 * 1024, filesMax: 3 };

/** Opens a log for appending; every writer of the descriptor goes on at the end, also after it was cut. Close it after use. */
export function openLog(file: string, owner?: SystemUser): number {
  const log = openSync(file, 'a', 0o640);
  if (owner !== undefined) fchownSync(log, owner.uid, owner.gid);
  return log;
}

/**
 * Keeps a log within bounds by copying and cutting it, because its writers hold it open and must not notice. Lines written
 * between the last copy and the cut are lost. When the copy fails (disk full), the log is cut without one.
 */
export async function boundLog(file: string, bounds: LogBounds = logBounds): Promise<void> {
  const size = sizeOf(file);
  if (size <= bounds.bytesMax) return;
  try {
    for (let index = bounds.filesMax - 2; index >= 1; index -= 1) {
      if (sizeOf(`${file}.${index}`) > 0) await rename(`${file}.${index}`, `${file}.${index + 1}`);
    }
    await copyTail(file, `${file}.1`, size - bounds.bytesMax);
  } catch {
    await rm(`${file}.1`, { force: true }).catch(() => {});
  } finally {
    await truncate(file, 0);
  }
}

async function copyTail(from: string, to: string, offset: number): Promise<void> {
  let start = offset;
  // What was written during one copy is copied by the next; a writer that outruns this loses lines, not the disk.
  for (let round = 0; round < 3 && start < sizeOf(from); round += 1) {
    const end = sizeOf(from) - 1;
    const flags = round === 0 ? 'w' : 'a';
    await pipeline(createReadStream(from, { start, end }), createWriteStream(to, { flags, mode: 0o640 }));
    start = end + 1;
  }
}

/** Looked up at once: it is asked of every log every few seconds, and another thread would take ten times as long. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
