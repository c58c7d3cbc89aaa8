import type { SqlClient } from '@alwayson/engines/postgres/sql-client.ts';
import type { Migration } from './migration-files.ts';

export interface RunOptions {
  /** The role that runs the file and owns what it creates; the connecting user when absent. */
  owner?: string | undefined;
  /** Runs in the file's transaction, as the connecting user again; what it throws undoes the file. */
  beforeCommit?: () => Promise<void>;
}

/** Runs a file in a transaction of its own. Throws what the server answered; then nothing of the file was done. */
export async function runMigration(
  client: SqlClient,
  { sql }: Migration,
  { owner, beforeCommit }: RunOptions,
): Promise<void> {
  // What a file sets for its session is not the next one's.
  await client.query('RESET ALL');
  await client.query('BEGIN');
  try {
    const [begun] = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
    if (owner !== undefined) await client.query(`SET LOCAL ROLE "${owner}"`);
    await client.query(sql);
    const [still] = await client.query<{ id: string | null }>(
      'SELECT pg_current_xact_id_if_assigned()::text AS id',
    );
    if (still?.id !== begun?.id) {
      throw new Error('it has a COMMIT or ROLLBACK of its own, and every file runs in a transaction already');
    }
    await client.query('RESET ROLE');
    await beforeCommit?.();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    await client.query('RESET ROLE').catch(() => {});
    throw error;
  }
}
