import {
  decideMigrations,
  isContract,
  type MigrationFile,
} from '@alwayson/core/rollout/decide-migrations.ts';
import { renderSchemaCopy } from '@alwayson/engines/postgres/copy-schema.ts';
import { applicationDatabase } from '@alwayson/engines/postgres/server-files.ts';
import { type SqlClient, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RolloutPlan } from '@alwayson/protocol/releases.ts';
import { applyMigrations } from './apply-migrations.ts';
import { memberOf } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { migrationTarget, tellApplied, workloadSet } from './migration-target.ts';
import { readLedger } from './migrations-ledger.ts';
import { runTask } from './run-task.ts';
import { checkSchema, type FileReport } from './schema-check.ts';
import { sweepScratch } from './schema-scratch.ts';

const copyDeadlineMs = 30_000;
const sweepRetryMs = 10_000;

/** The migrations that a release carries. */
export interface ReleaseFiles {
  version: string;
  /** Where its files are, absolute; null when it has none. */
  folder: string | null;
  files: readonly MigrationFile[];
}

/**
 * The schema's part of a rollout. Each throws AON_DATABASE while no writer takes writes, and when the writer moves in the middle;
 * it can be called again at any time, for the database's own ledger says what was done. AON_MIGRATION_CHANGED when files are
 * not those that ran, or not those that the release was made from.
 */
export interface SchemaWork {
  /** What would run when, and what speaks against it: found by running it on a scratch database. Touches nothing that is live. */
  plan(candidate: ReleaseFiles, others: readonly ReleaseFiles[]): Promise<RolloutPlan['schema']>;
  /** Applies pending files that add; on a fresh database all. Returns the names of those that this call applied. */
  expand(candidate: ReleaseFiles): Promise<string[]>;
  /** Applies these contract files, as far as they are pending. Returns the names of those that this call applied. */
  contract(candidate: ReleaseFiles, names: readonly string[]): Promise<string[]>;
  applied(): Promise<MigrationFile[]>;
}

export interface SchemaWorker extends SchemaWork {
  /** Removes in the background what an interrupted check left, as soon as there is a writer. */
  poll(): void;
}

/** `findWriter` names the member that takes writes at this moment. */
export function createSchemaWork(runtime: DatabaseRuntime, findWriter: () => string | null): SchemaWorker {
  const { journal } = runtime.context;
  let sweepAt = 0;

  const apply = (candidate: ReleaseFiles, isWanted: (name: string) => boolean) =>
    onWriter(runtime, findWriter, async (writer) => {
      const migrations = await readCarried(candidate);
      const target = migrationTarget(runtime, writer);
      const applied = await applyMigrations({ target, ...workloadSet, migrations, isWanted });
      tellApplied(journal, { ...workloadSet, writer, applied });
      return applied;
    });

  return {
    plan: (candidate, others) =>
      onWriter(runtime, findWriter, async (writer) => {
        const migrations = await readCarried(candidate);
        const { ledger, sizes } = await withSql(migrationTarget(runtime, writer), async (client) => ({
          ledger: await readLedger(client, workloadSet.set),
          sizes: await readSizes(client),
        }));
        const decision = decideMigrations({ candidate: candidate.files, others, ...ledger });
        const { expand, contract, waiting, faults } = decision;
        const isPending = (names: readonly string[]) => migrations.filter(({ name }) => names.includes(name));
        const pending = {
          expand: isPending(expand),
          contract: isPending([...contract, ...waiting.map(({ name }) => name)]),
        };
        if (faults.length > 0 || pending.expand.length + pending.contract.length === 0) return decision;
        const reports = await check(runtime, { writer, ...pending, sizes }).finally(() => {
          sweepAt = 0;
        });
        const toLines = (of: 'findings' | 'warnings') =>
          reports.flatMap((report) => report[of].map((text) => `${report.file}: ${text}`));
        return { ...decision, faults: toLines('findings'), warnings: toLines('warnings') };
      }),
    expand: (candidate) => apply(candidate, (name) => !isContract(name)),
    async contract(candidate, names) {
      const missing = names.find((name) => !candidate.files.some((file) => file.name === name));
      if (missing === undefined) return apply(candidate, (name) => names.includes(name));
      throw new AlwaysOnError(
        'AON_NOT_FOUND',
        `The release ${candidate.version} has no migration ${missing}.`,
      );
    },
    applied: () =>
      onWriter(runtime, findWriter, async (writer) => {
        const read = (client: SqlClient) => readLedger(client, workloadSet.set);
        return (await withSql(migrationTarget(runtime, writer), read)).applied;
      }),
    poll() {
      const writer = findWriter();
      if (writer === null || performance.now() < sweepAt) return;
      sweepAt = Number.POSITIVE_INFINITY;
      sweepScratch(administratorTarget(runtime, writer)).catch(() => {
        sweepAt = performance.now() + sweepRetryMs;
      });
    },
  };
}

/** What it did counts only when the writer is the same afterwards. */
async function onWriter<T>(
  runtime: DatabaseRuntime,
  findWriter: () => string | null,
  run: (writer: string) => Promise<T>,
): Promise<T> {
  const { term } = runtime.record.value;
  const writer = findWriter();
  if (writer === null)
    throw new AlwaysOnError('AON_DATABASE', 'No database server takes writes at this moment.');
  const result = await run(writer).catch((error: unknown) => {
    if (isAlwaysOnError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlwaysOnError('AON_DATABASE', `Work on the schema at ${writer} ended: ${reason}`, {
      cause: error,
    });
  });
  if (runtime.record.value.term === term) return result;
  throw new AlwaysOnError('AON_DATABASE', `The database's writer moved away from ${writer} meanwhile.`);
}

/** The files themselves, if they still are those that the release was made from. */
async function readCarried({ version, folder, files }: ReleaseFiles): Promise<Migration[]> {
  const migrations = await readMigrations(folder);
  const isSame =
    migrations.length === files.length &&
    migrations.every(({ name, checksum }) =>
      files.some((file) => file.name === name && file.checksum === checksum),
    );
  if (isSame) return migrations;
  throw new AlwaysOnError(
    'AON_MIGRATION_CHANGED',
    `The migrations of the release ${version} are not those that it was made from.`,
    { hint: 'Deploy its source again, as a new release.' },
  );
}

/** Bytes of every table that the workload has, by its name. */
async function readSizes(client: SqlClient): Promise<Map<string, number>> {
  await client.query('SET search_path = public');
  const rows = await client.query<{ name: string; bytes: number }>(
    `SELECT oid::regclass::text AS name, pg_table_size(oid)::float8 AS bytes FROM pg_class
     WHERE relkind IN ('r', 'm') AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_')`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

interface CheckInput {
  writer: string;
  expand: readonly Migration[];
  contract: readonly Migration[];
  sizes: ReadonlyMap<string, number>;
}

async function check(runtime: DatabaseRuntime, { writer, ...input }: CheckInput): Promise<FileReport[]> {
  const { binDir, passwords } = runtime.plan;
  const { address, port } = memberOf(runtime.plan, writer);
  const { files, durationMs, walBytes } = await checkSchema({
    ...input,
    administrator: administratorTarget(runtime, writer),
    async copySchema(to) {
      const server = { binDir, address, port, password: passwords.postgresSuperuser };
      const copy = { ...server, from: applicationDatabase, to, timeoutMs: copyDeadlineMs };
      await runTask(runtime, writer, renderSchemaCopy(copy));
    },
  });
  const found = files.reduce((count, { findings }) => count + findings.length, 0);
  const what = `${input.expand.length + input.contract.length} pending migrations`;
  const cost = `${(durationMs / 1000).toFixed(1)} s, ${(walBytes / 1e6).toFixed(1)} MB of log for the standbys`;
  const message = `A scratch database was tried with ${what}: ${found} findings (${cost}).`;
  runtime.context.journal.event({
    severity: 'info',
    type: 'database.schema-checked',
    entity: writer,
    message,
  });
  return files;
}
