import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createSql, type Sql, type SqlConnection, type SqlOptions } from '../src/sql.ts';
import { eventually } from './support/eventually.ts';
import { createLine, type Line } from './support/line.ts';
import { findEngineUser, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const address = '127.205.1.1';
let postgres: PostgresServer;
let writeLine: Line;
let secondWriteLine: Line;
let readLine: Line;
const opened: Sql[] = [];

beforeAll(async () => {
  postgres = await startPostgres(address);
  writeLine = await createLine({ host: address, port: 5501 }, postgres);
  secondWriteLine = await createLine({ host: address, port: 5502 }, postgres);
  readLine = await createLine({ host: address, port: 5503 }, postgres);
  const sql = open();
  await sql.write((tx) => tx.query('CREATE TABLE note (id int PRIMARY KEY, text text)'), {
    idempotent: true,
  });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sql) => sql.close()));
  await Promise.all([writeLine, secondWriteLine, readLine].map((line) => line.pass()));
});

afterAll(async () => {
  await Promise.all([writeLine, secondWriteLine, readLine].map((line) => line.close()));
  await postgres.close();
});

function open(options: Partial<SqlOptions> = {}): Sql {
  const sql = createSql({ writeUrls: [postgres.url(writeLine)], connectTimeoutMs: 400, ...options });
  opened.push(sql);
  return sql;
}

const one = (connection: SqlConnection) => connection.query<{ port: number }>('SELECT 1 AS port');
const insert = (id: number) => (transaction: SqlConnection) =>
  transaction.query('INSERT INTO note VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, 'x']);
const count = async (id: number) =>
  (await postgres.query<{ n: number }>('SELECT count(*)::int AS n FROM note WHERE id = $1', [id]))[0]?.n;

test('a read goes to the writer when no readable member answers', async () => {
  const sql = open({ readUrls: [postgres.url(readLine)] });
  expect((await sql.read(one)).rows).toHaveLength(1);
  await readLine.refuse();
  expect((await sql.read(one)).rows).toHaveLength(1);
});

test('a hung first door costs one timeout, then the second is used at once', async () => {
  const sql = open({ writeUrls: [postgres.url(writeLine), postgres.url(secondWriteLine)] });
  await writeLine.hang();
  await sql.write(insert(1), { idempotent: false });
  const before = writeLine.connections();
  expect(before).toBeGreaterThan(0);
  for (let id = 100; id < 120; id += 1) await sql.write(insert(id), { idempotent: false });
  // Of the twenty, one now and then looks whether it is well.
  expect(writeLine.connections() - before).toBeLessThan(5);
});

test('idempotent work is done again on a new connection when its own is cut', async () => {
  const sql = open();
  const pids = new Set<number>();
  const work = async (transaction: SqlConnection) => {
    const { rows } = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    pids.add(rows[0]?.pid ?? 0);
    await insert(3)(transaction);
    if (pids.size === 1) await postgres.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await transaction.query('SELECT 1');
  };
  await sql.write(work, { idempotent: true });
  expect(pids.size).toBe(2);
  expect(await count(3)).toBe(1);
});

test('work that is not idempotent is never done twice', async () => {
  const sql = open();
  let runs = 0;
  const work = async (transaction: SqlConnection) => {
    runs += 1;
    await insert(4)(transaction);
    await transaction.query('SELECT pg_terminate_backend(pg_backend_pid())');
  };
  await expect(sql.write(work, { idempotent: false })).rejects.toMatchObject({ code: 'AON_DATABASE' });
  expect(runs).toBe(1);
});

test('work that is not idempotent waits for a door that comes back', async () => {
  const sql = open();
  await writeLine.refuse();
  setTimeout(() => void writeLine.pass(), 600);
  await sql.write(insert(5), { idempotent: false });
  expect(await count(5)).toBe(1);
});

test('a conflict is tried again, whatever the caller says', async () => {
  const sql = open();
  let runs = 0;
  const work = async (transaction: SqlConnection) => {
    runs += 1;
    if (runs === 1) await transaction.query(`DO $$ BEGIN RAISE 'again' USING ERRCODE = '40001'; END $$`);
  };
  await sql.write(work, { idempotent: false });
  expect(runs).toBe(2);
});

test('a door to a read-only member is waited out', async () => {
  await postgres.query('ALTER ROLE app SET default_transaction_read_only = on');
  const sql = open();
  setTimeout(() => void postgres.query('ALTER ROLE app RESET default_transaction_read_only'), 500);
  await sql.write(insert(6), { idempotent: true });
  expect(await count(6)).toBe(1);
});

test('an error of the statement is thrown as it is, and nothing stays', async () => {
  const sql = open();
  const work = async (transaction: SqlConnection) => {
    await insert(7)(transaction);
    await transaction.query('INSERT INTO note VALUES (7, NULL)');
  };
  await expect(sql.write(work, { idempotent: true })).rejects.toMatchObject({ code: '23505' });
  expect(await count(7)).toBe(0);
  expect((await sql.read(one)).rows).toHaveLength(1);
});

test('a transaction whose error was swallowed does not count as committed', async () => {
  const sql = open();
  const work = async (transaction: SqlConnection) => {
    await transaction.query('SELECT 1 / 0').catch(() => {});
  };
  await expect(sql.write(work, { idempotent: true })).rejects.toThrow('swallowed');
});

test('a commit whose wait for the second copy is cancelled is an error', async () => {
  await postgres.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
  await postgres.query('SELECT pg_reload_conf()');
  try {
    const sql = open();
    await eventually('the setting is in force', async () => {
      const [row] = await postgres.query<{ value: string }>(
        `SELECT current_setting('synchronous_standby_names') AS value`,
      );
      return row?.value === 'nobody';
    });
    const writing = expect(sql.write(insert(8), { idempotent: true })).rejects.toMatchObject({
      code: 'AON_COPY_MISSING',
    });
    await eventually('the commit waits', async () => {
      const cancelled = await postgres.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'app'`,
      );
      return cancelled.length > 0;
    });
    await writing;
  } finally {
    await postgres.query('ALTER SYSTEM RESET synchronous_standby_names');
    await postgres.query('SELECT pg_reload_conf()');
  }
});

test('in an outage calls fail without trying, all but one now and then, and the first after it works', async () => {
  let called = 0;
  let failures = 0;
  let successes = 0;
  const reporter = { succeeded: () => void (successes += 1), failed: () => void (failures += 1) };
  const sql = open({ reporters: { write: reporter }, writeTimeoutMs: 2000 });
  await writeLine.hang();
  /** How many connections it cost that so many called at once. */
  const call = async (times: number) => {
    const before = writeLine.connections();
    const calls = Array.from({ length: times }, () =>
      expect(sql.write(insert(9), { idempotent: true })).rejects.toMatchObject({ code: 'AON_DATABASE' }),
    );
    await Promise.all(calls);
    called += times;
    return writeLine.connections() - before;
  };
  expect(await call(1)).toBeGreaterThan(1);
  await eventually('it is known as an outage', async () => (await call(1)) === 0);
  expect(await call(4)).toBeLessThanOrEqual(1);
  expect({ failures, successes }).toEqual({ failures: called, successes: 0 });

  await writeLine.pass();
  await eventually(
    'writes are back',
    async () => (await sql.write(insert(9), { idempotent: true })).rowCount === 1,
  );
  expect(successes).toBeGreaterThan(0);
});

test('works through PgBouncer with fewer servers than clients', async () => {
  const door = { host: address, port: 6432 };
  const configuration = `[databases]
write = host=${postgres.host} port=${postgres.port} dbname=postgres pool_size=1
[pgbouncer]
listen_addr = ${door.host}
listen_port = ${door.port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`;
  const file = join(postgres.folder, 'pgbouncer.ini');
  // auth_type any uses the user that the database line names.
  await writeFile(file, configuration.replace('dbname=postgres', 'dbname=postgres user=app'));
  const user = await findEngineUser();
  const bouncer = spawn('pgbouncer', [file], { ...user, stdio: 'ignore' });
  try {
    const sql = open({
      writeUrls: [`postgres://app@${door.host}:${door.port}/write`],
      connectTimeoutMs: 2000,
    });
    const values = Array.from({ length: 40 }, (_, index) => index + 100);
    await Promise.all(values.map((id) => sql.write(insert(id), { idempotent: true })));
    const { rows } = await sql.read((connection) =>
      connection.query('SELECT id FROM note WHERE id = ANY($1::int[])', [values]),
    );
    expect(rows).toHaveLength(40);
  } finally {
    bouncer.kill('SIGKILL');
  }
});
