import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RecordsMirror } from './records-mirror.ts';

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS record (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, severity TEXT NOT NULL, type TEXT NOT NULL,
    entity TEXT NOT NULL, message TEXT NOT NULL, operation TEXT, data TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS operation (
    id TEXT PRIMARY KEY, started_at TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS operation_started ON operation (started_at);
`;

export interface Store {
  database: DatabaseSync;
  /** Where a damaged file was set aside; its records were taken from the mirror, its history is in there. */
  setAside: string | null;
}

/**
 * Opens the control plane's database: records, events, operations. Every commit is on disk when it returns. A file that SQLite
 * cannot read is set aside as `<file>.corrupt-<time>`, and the records come back from the mirror. Without a mirror that can be
 * read, AON_STATE_CORRUPT: starting with empty records would forget who may write.
 */
export function openStore(file: string, mirror: RecordsMirror, now: () => number): Store {
  const existed = existsSync(file);
  if (!existed && mirror.read().length === 0 && hasSetAside(file)) {
    const message = `The control plane's state was set aside by an earlier start, and nothing has replaced ${file}.`;
    throw new AlwaysOnError('AON_STATE_CORRUPT', message);
  }
  try {
    const database = openChecked(file);
    const { count } = database.prepare('SELECT count(*) AS count FROM record').get() as { count: number };
    const isNew = count === 0 && mirror.read().length === 0;
    if (count > 0 || (isNew && !hasSetAside(file))) return { database, setAside: null };
    database.close();
    if (isNew)
      throw new Error('its records were set aside by an earlier start, and nothing has replaced them');
    if (existed) throw new Error('it holds no records, but its mirror does');
    return { database: restore(file, mirror), setAside: null };
  } catch (error) {
    if (isDiskFull(error)) {
      throw new AlwaysOnError('AON_DISK_FULL', `The disk is full: ${file} cannot be written.`, {
        cause: error,
      });
    }
    const setAside = moveAside(file, now());
    if (mirror.read().length > 0) return { database: restore(file, mirror), setAside };
    const message = `The control plane's state was unreadable and has no mirror; it is now ${setAside}.`;
    throw new AlwaysOnError('AON_STATE_CORRUPT', message, { cause: error });
  }
}

function openChecked(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec(schema);
  const check = database.prepare('PRAGMA quick_check').get() as { quick_check: string };
  if (check.quick_check !== 'ok') throw new Error(check.quick_check);
  return database;
}

function restore(file: string, mirror: RecordsMirror): DatabaseSync {
  const database = openChecked(file);
  const insert = database.prepare('INSERT INTO record (name, version, value, at) VALUES (?, ?, ?, ?)');
  database.exec('BEGIN IMMEDIATE');
  for (const { name, version, value, at } of mirror.read()) insert.run(name, version, value, at);
  database.exec('COMMIT');
  return database;
}

function moveAside(file: string, nowMs: number): string {
  const aside = `${file}.corrupt-${new Date(nowMs).toISOString().replaceAll(':', '')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}

/** An earlier start found the state unreadable: an empty one in its place is not a first start. */
function hasSetAside(file: string): boolean {
  return readdirSync(dirname(file)).some((name) => name.startsWith(`${basename(file)}.corrupt-`));
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && /full|ENOSPC/i.test(error.message);
}
