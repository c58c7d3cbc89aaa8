import type { SqlClient } from '@alwayson/engines/postgres/sql-client.ts';
import type { Migration } from './migration-files.ts';

const identifier = String.raw`(?:"(?:[^"]|"")+"|[a-z_][\w$]*)`;
const table = `${identifier}(?:\\.${identifier})?`;
const createPattern = new RegExp(
  String.raw`^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(${identifier})\s+ON\s+(?:ONLY\s+)?(${table})[\s(]`,
  'i',
);
const dropPattern = /^DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s/i;

export interface AloneOptions {
  owner?: string | undefined;
  /** An earlier run of this file may have been interrupted. */
  isAgain: boolean;
}

/**
 * Runs the one statement of a file outside of a transaction. Only such statements are allowed as leave something by which an
 * interrupted run is known: an index that is not valid, which is removed. So nobody waits for the index, and what locks it needs
 * it may wait for: it keeps nobody from working.
 */
export async function runAlone(
  client: SqlClient,
  migration: Migration,
  { owner, isAgain }: AloneOptions,
): Promise<void> {
  const statement = withoutComments(migration.sql);
  const created = createPattern.exec(statement);
  if (created === null && !dropPattern.test(statement)) {
    throw new Error(
      'without a transaction a file is one CREATE INDEX CONCURRENTLY name ON ... or DROP INDEX CONCURRENTLY IF EXISTS ...',
    );
  }
  await client.query('RESET ALL');
  if (owner !== undefined) await client.query(`SET ROLE "${owner}"`);
  try {
    await client.query('SET lock_timeout = 0');
    if (created === null) await client.query(statement);
    else await createIndex(client, statement, { index: created[1] ?? '', on: created[2] ?? '', isAgain });
  } finally {
    await client.query('RESET ALL').catch(() => {});
    await client.query('RESET ROLE').catch(() => {});
  }
}

async function createIndex(
  client: SqlClient,
  statement: string,
  { index, on, isAgain }: { index: string; on: string; isAgain: boolean },
): Promise<void> {
  const find = async () => {
    const [row] = await client.query<{ name: string; valid: boolean }>(
      `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, i.indisvalid AS valid
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE i.indrelid = to_regclass($1) AND c.relname = $2`,
      [on, toName(index)],
    );
    return row;
  };
  const removeBroken = async () => {
    const found = await find();
    if (found?.valid === false) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${found.name}`);
    return found;
  };
  if (isAgain) {
    const found = await removeBroken();
    if (found?.valid === true) return;
  }
  try {
    await client.query(statement);
  } catch (error) {
    await removeBroken().catch(() => {});
    throw error;
  }
}

/** As the server stores it. */
function toName(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/^\s*--.*$/gm, '').trim();
}
