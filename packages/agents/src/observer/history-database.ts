import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';

/** Of the tables below; a file of another format is set aside as a damaged one is. */
const format = 1;
/** A count takes no room while it is 0. */
export const latencyColumns = Array.from({ length: latencyBoundsMs.length + 1 }, (_, index) => `l${index}`);

const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA journal_size_limit = 4194304;
`;
const tables = `
  CREATE TABLE IF NOT EXISTS bucket (
    at INTEGER NOT NULL, flow TEXT NOT NULL, stamp TEXT NOT NULL, cause TEXT NOT NULL,
    ${latencyColumns.map((column) => `${column} INTEGER NOT NULL`).join(', ')},
    PRIMARY KEY (at, flow, stamp, cause)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS slice (
    at INTEGER PRIMARY KEY, complete INTEGER NOT NULL, lines_lost INTEGER NOT NULL, requests INTEGER NOT NULL,
    unanswered INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE IF NOT EXISTS probe (
    at INTEGER NOT NULL, flow TEXT NOT NULL, good INTEGER NOT NULL, bad INTEGER NOT NULL,
    PRIMARY KEY (at, flow)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${format};
`;

/**
 * Opens the history. It survives the death of this process at any instant; with the machine the last seconds may go. A damaged
 * file is set aside with the ending `.corrupt` (the one before it makes room), said, and history begins anew.
 */
export function openHistoryDatabase(file: string, log: AgentLog): DatabaseSync {
  try {
    return openChecked(file);
  } catch (error) {
    if (!existsSync(file) || !isDamage(error)) throw error;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.corrupt${suffix}`);
    }
    log('the traffic history was damaged and is set aside; history and counters begin anew', {
      file: `${file}.corrupt`,
      error: String(error),
    });
    return openChecked(file);
  }
}

class DamageError extends Error {}

function openChecked(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(pragmas);
    const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (found !== 0 && found !== format) throw new DamageError(`format ${found}, not ${format}`);
    const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (check.quick_check !== 'ok') throw new DamageError(check.quick_check);
    database.exec(tables);
    addUnanswered(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file of before these were counted. */
function addUnanswered(database: DatabaseSync): void {
  const columns = database.prepare('PRAGMA table_info(slice)').all();
  if (columns.some(({ name }) => name === 'unanswered')) return;
  database.exec('ALTER TABLE slice ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0');
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, with their extended codes. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}
