import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { isSameProcess, readProcess } from './process-table.ts';
import { toFolderError } from './write-file-durably.ts';

const attemptsMax = 5;

/**
 * One `up` at a time in a state folder: a file with the holder's pid and start time, so that a dead holder's lock is known as such.
 * Throws AON_ALREADY_RUNNING while a living one holds it. Returns how to release it.
 */
export function takeUpLock(stateDir: string): () => void {
  const file = join(stateDir, 'up.lock');
  const own = `${file}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, startedAt: readProcess(process.pid)?.startedAt ?? '' });
  try {
    writeFileSync(own, content, { mode: 0o600 });
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (tryLink(own, file)) return () => releaseLock(file, content);
      assertHolderDead(file);
    }
  } catch (error) {
    throw error instanceof AlwaysOnError ? error : toFolderError(error, file);
  } finally {
    rmSync(own, { force: true });
  }
  throw new AlwaysOnError('AON_ALREADY_RUNNING', `Others keep taking ${file}.`);
}

/** Linking is atomic and the file it makes is complete at once. */
function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Throws when the holder lives; takes a dead holder's file away, by a rename that only one of several takers wins. */
function assertHolderDead(file: string): void {
  const holder = readHolder(file);
  if (holder === undefined) return;
  if (holder.pid > 0 && isSameProcess(holder)) {
    throw new AlwaysOnError(
      'AON_ALREADY_RUNNING',
      `Another ./alwayson up (pid ${holder.pid}) is starting this environment.`,
    );
  }
  const taken = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, taken);
  } catch {
    return;
  }
  // Between the look and the rename another taker may have won: then what was taken is a living lock, and goes back.
  const moved = readHolder(taken);
  if (moved && isSameProcess(moved)) tryLink(taken, file);
  rmSync(taken, { force: true });
}

interface Holder {
  pid: number;
  startedAt: string;
}

/** undefined: no file. An unreadable file counts as a dead holder's. */
function readHolder(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { pid: 0, startedAt: '' };
  }
}

function releaseLock(file: string, content: string): void {
  const holder = readHolder(file);
  if (holder && JSON.stringify(holder) === content) rmSync(file, { force: true });
}
