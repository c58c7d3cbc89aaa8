import { findCosts } from '@alwayson/core/schema/find-costs.ts';
import { findEmptied } from '@alwayson/core/schema/find-emptied.ts';
import { findLosses } from '@alwayson/core/schema/find-losses.ts';
import { administratorSettings } from '@alwayson/engines/postgres/administer-server.ts';
import { applicationUser } from '@alwayson/engines/postgres/server-files.ts';
import { type SqlClient, type SqlTarget, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Migration } from './migration-files.ts';
import { runAlone } from './run-alone.ts';
import { runMigration } from './run-migration.ts';
import { readCatalogue } from './schema-catalogue.ts';
import { probeAdded } from './schema-probe.ts';
import { withScratch } from './schema-scratch.ts';

const deadlineMs = 60_000;
const statementDeadlineMs = 20_000;

export interface SchemaCheckInput {
  /** A superuser of the database `postgres` on the writer. */
  administrator: SqlTarget;
  /** Gives an empty database of that server the live schema. */
  copySchema: (database: string) => Promise<void>;
  /** Pending, in order. */
  expand: readonly Migration[];
  /** Those that would run after them, whenever it is. */
  contract: readonly Migration[];
  /** Bytes of the live tables, by name. */
  sizes: ReadonlyMap<string, number>;
}

export interface FileReport {
  file: string;
  /** Why it may not run beside a release that does not know it, or cannot run at all. */
  findings: string[];
  warnings: string[];
}

export interface SchemaCheck {
  files: FileReport[];
  durationMs: number;
  /** What the server wrote to its log meanwhile, for this and for everybody else: standbys got it. */
  walBytes: number;
}

/**
 * Runs migrations where they touch nothing: on a database of their own, with the live schema and without rows, on the server that
 * they are meant for. Says file by file what would be missing for who was written before, by comparing catalogues. Throws
 * AON_TIMEOUT after 60 s, and whatever the server answers to anything but the files.
 */
export async function checkSchema(input: SchemaCheckInput): Promise<SchemaCheck> {
  const settings = {
    ...administratorSettings,
    statement_timeout: `${statementDeadlineMs}ms`,
    lock_timeout: '5s',
    client_connection_check_interval: '1s',
  };
  const administrator = { ...input.administrator, timeoutMs: deadlineMs, settings };
  const walBefore = await readWalPosition(administrator);
  return withScratch(administrator, async (database) => {
    const startedAt = performance.now();
    const late = AbortSignal.timeout(deadlineMs);
    await input.copySchema(database);
    const files = await withSql({ ...administrator, database }, async (client) => {
      // Whatever it waits for ends with its connection.
      const end = () => client.close();
      late.addEventListener('abort', end);
      try {
        return await checkFiles(client, input);
      } catch (error) {
        if (!late.aborted) throw error;
        throw new AlwaysOnError(
          'AON_TIMEOUT',
          `The check of migrations took longer than ${deadlineMs / 1000} s.`,
        );
      } finally {
        late.removeEventListener('abort', end);
      }
    });
    const walBytes = (await readWalPosition(administrator)) - walBefore;
    return { files, durationMs: performance.now() - startedAt, walBytes };
  });
}

async function checkFiles(client: SqlClient, input: SchemaCheckInput): Promise<FileReport[]> {
  const live = await readCatalogue(client);
  const reports: FileReport[] = [];
  let previous = live;
  let known: readonly string[] = [];
  for (const migration of input.expand) {
    const { name: file, isAlone } = migration;
    const failure = await tryOne(client, migration);
    if (failure !== null) return [...reports, { file, findings: [failure], warnings: [] }];
    const after = await probeAdded(client, live, await readCatalogue(client));
    const losses = findLosses(live, after);
    const found = losses.filter((loss) => !known.includes(loss));
    const findings = [...found, ...findEmptied(live, previous, after)];
    const warnings = findCosts({ before: previous, after, sizes: input.sizes, isAlone });
    reports.push({ file, findings, warnings });
    [known, previous] = [losses, after];
  }
  for (const migration of input.contract) {
    const failure = await tryOne(client, migration);
    if (failure !== null) return [...reports, { file: migration.name, findings: [failure], warnings: [] }];
  }
  return reports;
}

/** Why a file does not run; null when it did. */
async function tryOne(client: SqlClient, migration: Migration): Promise<string | null> {
  try {
    if (migration.isAlone) await runAlone(client, migration, { owner: applicationUser, isAgain: false });
    else {
      const before = await readServerState(client);
      const beforeCommit = async () => {
        if ((await readServerState(client)) === before) return;
        throw new Error('it changes a role or a setting of the server, which is not only of this database');
      };
      await runMigration(client, migration, { owner: applicationUser, beforeCommit });
    }
    return null;
  } catch (error) {
    // An answer of the server, or ours: anything else says nothing about the file.
    await client.query('SELECT 1');
    return `does not run: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What is not in any one database: a file that runs in a database of its own must not change it. */
async function readServerState(client: SqlClient): Promise<string> {
  const [row] = await client.query<{ state: string }>(
    `SELECT md5(concat(
      (SELECT json_agg(s ORDER BY setdatabase, setrole) FROM pg_db_role_setting s),
      (SELECT json_agg(a ORDER BY oid) FROM pg_authid a),
      (SELECT json_agg(m ORDER BY m::text) FROM pg_auth_members m),
      (SELECT json_agg(json_build_array(datname, datdba, datacl::text, datallowconn, datconnlimit) ORDER BY oid)
        FROM pg_database))) AS state`,
  );
  return row?.state ?? '';
}

async function readWalPosition(administrator: SqlTarget): Promise<number> {
  const [row] = await withSql(administrator, (client) =>
    client.query<{ bytes: string }>(`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes`),
  );
  return Number(row?.bytes ?? 0);
}
