import { type SqlClient, type SqlTarget, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Migration } from './migration-files.ts';
import { isBegun, lockLedger, markBegun, markEnded, readLedger, recordApplied } from './migrations-ledger.ts';
import { runAlone } from './run-alone.ts';
import { runMigration } from './run-migration.ts';
import { withLockRetries } from './with-lock-retries.ts';

export interface MigrationsInput {
  /** A superuser of the database. */
  target: SqlTarget;
  /** Whose migrations: each set has its own numbering and history. */
  set: string;
  /** All of the set, in order. */
  migrations: readonly Migration[];
  /** The role that runs them and owns what they create; the connecting user when absent. */
  owner?: string;
  /** Which of those that were not applied are: all when absent. On a fresh database it is always all. */
  isWanted?: (name: string) => boolean;
}

/**
 * Applies what was not applied yet, each file in a transaction of its own together with its line in the ledger. Returns the
 * names applied. Throws AON_MIGRATION_CHANGED when a file that was applied reads differently now; files that are missing are
 * fine, for an older release knows fewer. Two runners at once wait for each other.
 */
export async function applyMigrations(input: MigrationsInput): Promise<string[]> {
  const { target, set, migrations, owner, isWanted = () => true } = input;
  return withSql(target, async (client) => {
    await lockLedger(client);
    const { applied, isFresh } = await readLedger(client, set);
    const known = new Map(applied.map(({ name, checksum }) => [name, checksum]));
    const changed = migrations.filter(({ name, checksum }) => (known.get(name) ?? checksum) !== checksum);
    if (changed.length > 0) {
      const names = changed.map(({ name }) => name).join(', ');
      throw new AlwaysOnError('AON_MIGRATION_CHANGED', `Edited after it ran on ${set}: ${names}.`);
    }
    const pending = migrations.filter(({ name }) => !known.has(name) && (isFresh || isWanted(name)));
    if (pending.length === 0) return [];
    // A first run that is interrupted is a first run again: else its contract files would wait in the middle of it.
    if (isFresh) await markBegun(client, set, '');
    for (const migration of pending) await applyOne(client, migration, { set, owner });
    await markEnded(client, set, '');
    return pending.map(({ name }) => name);
  });
}

interface ApplyOptions {
  set: string;
  owner: string | undefined;
}

async function applyOne(client: SqlClient, migration: Migration, options: ApplyOptions): Promise<void> {
  const { set, owner } = options;
  const record = () => recordApplied(client, set, migration);
  try {
    if (migration.isAlone) await applyAlone(client, migration, options);
    else await withLockRetries(() => runMigration(client, migration, { owner, beforeCommit: record }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlwaysOnError('AON_DATABASE', `The migration ${migration.name} of ${set} failed: ${reason}`, {
      cause: error,
      hint: 'Nothing of this file was applied. Correct it; it is tried again.',
    });
  }
}

async function applyAlone(
  client: SqlClient,
  migration: Migration,
  { set, owner }: ApplyOptions,
): Promise<void> {
  const { name } = migration;
  const isAgain = await isBegun(client, set, name);
  await markBegun(client, set, name);
  try {
    await runAlone(client, migration, { owner, isAgain });
  } catch (error) {
    // Not when the session is gone: what the server did is unknown then, and the next run looks.
    await markEnded(client, set, name).catch(() => {});
    throw error;
  }
  await client.query('BEGIN');
  await recordApplied(client, set, migration);
  await markEnded(client, set, name);
  await client.query('COMMIT');
}
