import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SqlClient, type SqlTarget, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** A key of our own among the database's advisory locks: the runner's. */
const lockKey = 7_209_450_001;
const namePattern = /^\d{3,}_[\w-]+\.sql$/;

export interface MigrationsInput {
  /** A superuser of the database. */
  target: SqlTarget;
  /** Whose migrations: each set has its own numbering and history. */
  set: string;
  /** A folder of files named `NNN_words.sql`, applied in the order of their names. */
  folder: string;
  /** The role that runs them and owns what they create; the connecting user when absent. */
  owner?: string;
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

const ledger = `
  CREATE SCHEMA IF NOT EXISTS alwayson;
  CREATE TABLE IF NOT EXISTS alwayson.migrations (
    set text NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set, name))`;

/**
 * Applies what was not applied yet, each file in a transaction of its own together with its line in the ledger. Returns the
 * names applied. Throws AON_MIGRATION_CHANGED when a file that was applied reads differently now; files that are missing are
 * fine, for an older release knows fewer. Two runners at once wait for each other.
 */
export async function applyMigrations({ target, set, folder, owner }: MigrationsInput): Promise<string[]> {
  const migrations = await readMigrations(folder);
  return withSql(target, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(ledger);
    const applied = await client.query<{ name: string; checksum: string }>(
      'SELECT name, checksum FROM alwayson.migrations WHERE set = $1',
      [set],
    );
    const known = new Map(applied.map(({ name, checksum }) => [name, checksum]));
    const changed = migrations.filter(({ name, checksum }) => (known.get(name) ?? checksum) !== checksum);
    if (changed.length > 0) {
      const names = changed.map(({ name }) => name).join(', ');
      throw new AlwaysOnError('AON_MIGRATION_CHANGED', `Edited after it ran on ${set}: ${names}.`);
    }
    const pending = migrations.filter(({ name }) => !known.has(name));
    for (const migration of pending) await applyOne(client, migration, { set, owner });
    return pending.map(({ name }) => name);
  });
}

async function applyOne(
  client: SqlClient,
  { name, sql, checksum }: Migration,
  { set, owner }: { set: string; owner: string | undefined },
): Promise<void> {
  await client.query('BEGIN');
  try {
    if (owner !== undefined) await client.query(`SET LOCAL ROLE "${owner}"`);
    await client.query(sql);
    await client.query('RESET ROLE');
    await client.query('INSERT INTO alwayson.migrations (set, name, checksum) VALUES ($1, $2, $3)', [
      set,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlwaysOnError('AON_DATABASE', `The migration ${name} of ${set} failed: ${reason}`, {
      cause: error,
      hint: 'Nothing of this file was applied. Correct it; it is tried again.',
    });
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => namePattern.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
