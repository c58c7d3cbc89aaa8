import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

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

/**
 * Opens the control plane's database: records, events, operations. Every commit is on disk when it returns.
 * A file that SQLite cannot read is set aside as `<file>.corrupt-<time>` and AON_STATE_CORRUPT is thrown: what was decided
 * is in it, so starting over silently would forget who may write. The runbook tells how to go on.
 */
export function openStore(file: string, now: () => number): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    database.exec(schema);
    const check = database.prepare('PRAGMA quick_check').get() as { quick_check: string };
    if (check.quick_check !== 'ok') throw new Error(check.quick_check);
    return database;
  } catch (error) {
    const aside = `${file}.corrupt-${new Date(now()).toISOString().replaceAll(':', '')}`;
    if (isDiskFull(error)) {
      throw new AlwaysOnError('AON_DISK_FULL', `The disk is full: ${file} cannot be written.`, {
        cause: error,
      });
    }
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    }
    throw new AlwaysOnError(
      'AON_STATE_CORRUPT',
      `The control plane's state was unreadable; it is now ${aside}.`,
      {
        cause: error,
      },
    );
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && /full|ENOSPC/i.test(error.message);
}
