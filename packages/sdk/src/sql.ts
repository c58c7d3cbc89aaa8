import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type pg from 'pg';
import type { DependencyReporter } from './readiness.ts';
import {
  chooseDoor,
  createSqlDoor,
  markFailing,
  markWorking,
  type SqlDoor,
  untilOneWorks,
} from './sql-door.ts';
import { isPoolExhausted, type SqlFailure, toSqlFailure } from './sql-failure.ts';
import { countSqlCall, type SqlCallKind } from './metrics/sql-metrics.ts';
import { traceStatement } from './tracing/trace-statement.ts';
import { isUnavailable } from './unavailable.ts';

/** @public */
export interface SqlResult<Row> {
  rows: Row[];
  /** Rows that a changing statement touched. */
  rowCount: number;
}

/** A connection for the length of one call. Statements are never prepared by name: PgBouncer pools by transaction. */
export interface SqlConnection {
  /** `$1` placeholders. Throws the server's error with its SQLSTATE in `code`. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
}

/** @public */
export interface ReadOptions {
  latest?: boolean;
}

/** @public */
export interface WriteOptions {
  /**
   * True when running the work twice has the effect of running it once, also after an answer that got lost. Then any
   * passing failure is retried; else only one that happened before the work began, and conflicts.
   */
  idempotent: boolean;
}

export interface Sql {
  /**
   * Statements that change nothing, on a readable member; on the writer when no member of the region answers, or when
   * `latest` asks for what a member may not have yet. Throws AON_DATABASE.
   */
  read<T>(work: (connection: SqlConnection) => Promise<T>, options?: ReadOptions): Promise<T>;
  /**
   * One transaction on the writer. `work` may run more than once, so it must have no effect beside the transaction.
   * Throws AON_DATABASE when no writer answered in time, AON_COPY_MISSING when the commit stands on one server only,
   * and whatever `work` throws.
   */
  write<T>(work: (transaction: SqlConnection) => Promise<T>, options: WriteOptions): Promise<T>;
  /**
   * One statement on the writer, spared the round trips of a transaction. It must be idempotent, and of little worth: whether a
   * second server has it is not told. Throws AON_DATABASE.
   */
  note<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface SqlOptions {
  /** Doors to the one writer, own zone first. */
  writeUrls: readonly string[];
  /** Doors to a readable member, own zone first. */
  readUrls?: readonly string[];
  applicationName?: string;
  /** Per door. */
  connectionsMax?: number;
  connectTimeoutMs?: number;
  /** Of one statement. */
  queryTimeoutMs?: number;
  /** Of one read, retries included: another door or what is cached serves it soon. */
  readTimeoutMs?: number;
  /** Of one write, retries included: longer than a change of the writer on a full machine, shorter than the gateway's patience. */
  writeTimeoutMs?: number;
  reporters?: { read?: DependencyReporter; write?: DependencyReporter };
}

const retryPauseMs = 50;
const retryPauseMsMax = 400;
/** A statement that starts late gets at least this much. */
const queryTimeoutMsMin = 100;
/** PostgreSQL commits locally and says only this when its wait for the second copy is cancelled. */
const lostCopyNotice = 'canceling wait for synchronous replication';

/** A client of the region's SQL doors that gets over the loss of a door, of a member and of the writer by itself. */
export function createSql(options: SqlOptions): Sql {
  const { connectTimeoutMs = 1000, queryTimeoutMs = 2000, reporters = {} } = options;
  const { readTimeoutMs = 4000, writeTimeoutMs = 8000 } = options;
  const doorOptions = {
    applicationName: options.applicationName ?? 'alwayson',
    connectionsMax: options.connectionsMax ?? 4,
    connectTimeoutMs,
  };
  const writeDoors = options.writeUrls.map((url) => createSqlDoor(url, doorOptions));
  const readDoors = (options.readUrls ?? []).map((url) => createSqlDoor(url, doorOptions));

  const call = async <T>(
    doors: readonly SqlDoor[],
    reporter: DependencyReporter | undefined,
    work: Work<T>,
  ) => {
    const startedAt = performance.now();
    const count = countSqlCall(work.kind, startedAt);
    try {
      const withinMs = work.kind === 'read' ? readTimeoutMs : writeTimeoutMs;
      const result = await attemptUntil(doors, work, { startedAt, withinMs });
      reporter?.succeeded();
      count('ok');
      return result;
    } catch (error) {
      const isDown = isUnavailable(error);
      if (isDown) reporter?.failed('did not answer in time');
      else reporter?.succeeded();
      count(isDown ? 'unavailable' : 'error');
      throw error;
    }
  };

  return {
    read: (work, { latest = false } = {}) =>
      call(latest ? writeDoors : [...readDoors, ...writeDoors], reporters.read, {
        kind: 'read',
        idempotent: true,
        run: (client, { deadline }) => work(toConnection(client, { deadline, queryTimeoutMs })),
      }),
    write: (work, { idempotent }) =>
      call(writeDoors, reporters.write, {
        kind: 'write',
        idempotent,
        run: (client, { deadline, begun }) =>
          inTransaction(client, { work, begun, deadline, queryTimeoutMs }),
      }),
    note: (work) =>
      call(writeDoors, reporters.write, {
        kind: 'note',
        idempotent: true,
        run: (client, { deadline }) => work(toConnection(client, { deadline, queryTimeoutMs })),
      }),
    close: async () => {
      await Promise.all([...writeDoors, ...readDoors].map((door) => door.pool.end()));
    },
  };
}

interface Work<T> {
  kind: SqlCallKind;
  idempotent: boolean;
  /** `begun` is called once the work may have had an effect. */
  run(client: pg.PoolClient, attempt: { deadline: number; begun: () => void }): Promise<T>;
}

/** Tries door after door, always with another connection, until it works, cannot work, or the time is up. */
async function attemptUntil<T>(
  doors: readonly SqlDoor[],
  work: Work<T>,
  { startedAt, withinMs }: { startedAt: number; withinMs: number },
): Promise<T> {
  const deadline = startedAt + withinMs;
  let cause: unknown;
  for (let pauseMs = retryPauseMs; ; pauseMs = Math.min(pauseMs * 2, retryPauseMsMax)) {
    const door = chooseDoor(doors, { now: performance.now(), patienceMs: withinMs });
    if (door === 'outage') throw unavailable(cause);
    if (door !== 'later') {
      const attempt = await attemptOnce(door, work, deadline);
      if (attempt.ok) return attempt.value;
      cause = attempt.error;
      if (attempt.final) throw attempt.failure === 'statement' ? cause : unavailable(cause);
    }
    const works = doors.some((other) => other.failingSince === null);
    const waitMs = works ? 0 : pauseMs * (0.5 + Math.random());
    if (performance.now() + waitMs >= deadline) throw unavailable(cause);
    if (waitMs > 0) await untilOneWorks(doors, waitMs);
  }
}

type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown; failure: SqlFailure; final: boolean };

async function attemptOnce<T>(door: SqlDoor, work: Work<T>, deadline: number): Promise<Attempt<T>> {
  let client: pg.PoolClient | undefined;
  let begun = false;
  try {
    client = await door.pool.connect();
    const value = await work.run(client, { deadline, begun: () => (begun = true) });
    client.release();
    markWorking(door);
    return { ok: true, value };
  } catch (error) {
    const failure = isAlwaysOnError(error) ? 'statement' : toSqlFailure(error);
    // A connection that failed is never used again: what it is in the middle of is not known.
    client?.release(failure === 'unavailable');
    if (failure !== 'unavailable') markWorking(door);
    // Waiting for a free connection is no fault of the door: while writes are held, all are in use for a moment.
    else if (!isPoolExhausted(error)) markFailing(door, performance.now());
    // A conflict is known to have changed nothing; what an unavailable server did last is not known.
    const isUnknown = failure === 'unavailable' && begun && !work.idempotent;
    return { ok: false, error, failure, final: failure === 'statement' || isUnknown };
  }
}

interface Limits {
  /** On the monotonic clock. */
  deadline: number;
  queryTimeoutMs: number;
}

/** A client whose statements end in time. */
function toConnection(client: pg.PoolClient, limits: Limits): SqlConnection {
  return {
    async query(text, values = []) {
      const statement = { text, values: [...values], ...toTimeout(limits) };
      const result = await traceStatement(client, text, () => client.query(statement));
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  };
}

function toTimeout({ deadline, queryTimeoutMs }: Limits): { query_timeout: number } {
  const leftMs = Math.max(deadline - performance.now(), queryTimeoutMsMin);
  return { query_timeout: Math.ceil(Math.min(queryTimeoutMs, leftMs)) };
}

interface TransactionInput<T> extends Limits {
  work: (transaction: SqlConnection) => Promise<T>;
  begun: () => void;
}

async function inTransaction<T>(client: pg.PoolClient, input: TransactionInput<T>): Promise<T> {
  let copyLost = false;
  const listen = (notice: { message?: string | undefined }) => {
    if (notice.message?.startsWith(lostCopyNotice)) copyLost = true;
  };
  client.on('notice', listen);
  try {
    // The server's limit is for a client that is gone: its locks are not held for long.
    const statementTimeoutMs = input.queryTimeoutMs + 100;
    const text = `BEGIN; SET LOCAL statement_timeout = ${statementTimeoutMs}`;
    await client.query({ text, ...toTimeout(input) });
    input.begun();
    const result = await workOrRollBack(client, input);
    const commit = { text: 'COMMIT', ...toTimeout(input) };
    const { command } = await traceStatement(client, commit.text, () => client.query(commit));
    if (command !== 'COMMIT') throw new Error('A statement had failed, and its error was swallowed.');
    if (copyLost) throw new AlwaysOnError('AON_COPY_MISSING', 'The write stands on one server only.');
    return result;
  } finally {
    client.off('notice', listen);
  }
}

async function workOrRollBack<T>(client: pg.PoolClient, input: TransactionInput<T>): Promise<T> {
  try {
    return await input.work(toConnection(client, input));
  } catch (error) {
    if (toSqlFailure(error) !== 'unavailable') await client.query({ text: 'ROLLBACK', ...toTimeout(input) });
    throw error;
  }
}

function unavailable(cause: unknown): AlwaysOnError {
  return new AlwaysOnError('AON_DATABASE', 'The database did not answer in time.', { cause });
}
