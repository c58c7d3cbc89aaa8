import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationFile } from '@alwayson/core/rollout/decide-migrations.ts';
import type { SqlClient } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** A key of our own among the database's advisory locks: the runner's. */
const lockKey = 7_209_450_001;
const lockPollMs = 50;
const lockDeadlineMs = 10_000;

/** What is begun and not ended is found again after a crash: a file outside of a transaction; with an empty name, a set's first run. */
const tables = `
  CREATE SCHEMA IF NOT EXISTS alwayson;
  CREATE TABLE IF NOT EXISTS alwayson.migrations (
    set text NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set, name));
  CREATE TABLE IF NOT EXISTS alwayson.migrations_begun (set text NOT NULL, name text NOT NULL, PRIMARY KEY (set, name))`;

export interface Ledger {
  applied: MigrationFile[];
  /** Nobody has served from this set yet: nothing was applied, or the first run did not come to its end. */
  isFresh: boolean;
}

/** Makes this session the only one that applies migrations, until it ends. Throws AON_DATABASE when another one goes on. */
export async function lockLedger(client: SqlClient): Promise<void> {
  const giveUpAt = performance.now() + lockDeadlineMs;
  // Asked again and again: a session that waits inside a query would hold up indexes that are built concurrently.
  for (;;) {
    const [row] = await client.query<{ ok: boolean }>('SELECT pg_try_advisory_lock($1) AS ok', [lockKey]);
    if (row?.ok === true) break;
    if (performance.now() > giveUpAt) {
      throw new AlwaysOnError('AON_DATABASE', 'Another run of migrations is still going on.', {
        hint: 'It is tried again.',
      });
    }
    await sleep(lockPollMs);
  }
  await client.query(tables);
}

/** Works also where no migration ever ran. */
export async function readLedger(client: SqlClient, set: string): Promise<Ledger> {
  const [found] = await client.query<{ ledger: boolean; begun: boolean }>(
    `SELECT to_regclass('alwayson.migrations') IS NOT NULL AS ledger,
       to_regclass('alwayson.migrations_begun') IS NOT NULL AS begun`,
  );
  if (found?.ledger !== true) return { applied: [], isFresh: true };
  const applied = await client.query<MigrationFile>(
    'SELECT name, checksum FROM alwayson.migrations WHERE set = $1 ORDER BY name COLLATE "C"',
    [set],
  );
  return { applied, isFresh: applied.length === 0 || (found.begun && (await isBegun(client, set, ''))) };
}

export async function markBegun(client: SqlClient, set: string, name: string): Promise<void> {
  await client.query(
    'INSERT INTO alwayson.migrations_begun (set, name) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [set, name],
  );
}

export async function isBegun(client: SqlClient, set: string, name: string): Promise<boolean> {
  const rows = await client.query('SELECT FROM alwayson.migrations_begun WHERE set = $1 AND name = $2', [
    set,
    name,
  ]);
  return rows.length > 0;
}

export async function markEnded(client: SqlClient, set: string, name: string): Promise<void> {
  await client.query('DELETE FROM alwayson.migrations_begun WHERE set = $1 AND name = $2', [set, name]);
}

export async function recordApplied(
  client: SqlClient,
  set: string,
  { name, checksum }: MigrationFile,
): Promise<void> {
  await client.query('INSERT INTO alwayson.migrations (set, name, checksum) VALUES ($1, $2, $3)', [
    set,
    name,
    checksum,
  ]);
}
