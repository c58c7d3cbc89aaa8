import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { superuser } from '@alwayson/engines/postgres/server-files.ts';
import { connectSql, type SqlTarget, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isContract } from '@alwayson/core/rollout/decide-migrations.ts';
import { applyMigrations } from '../../src/database/apply-migrations.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import type { ReleaseFiles } from '../../src/database/schema-work.ts';
import { createDatabaseRig, type DatabaseRig, isWhole, waitFor } from './database-rig.ts';
import { makeRelease } from './schema-releases.ts';

/** One estate that lives through some releases; each test goes on where the one before ended. */
let rig: DatabaseRig;
const base = {
  '001_item.sql':
    'CREATE TABLE item (id bigint PRIMARY KEY, zone text NOT NULL, cost integer, name text NOT NULL)',
  // A fresh database has nobody who needs what it removes.
  '002_contract_drop-zone.sql': 'ALTER TABLE item DROP COLUMN zone',
  '003_price.sql': 'ALTER TABLE item ADD COLUMN price numeric DEFAULT 0',
};
const withDrop: Record<string, string> = {
  ...base,
  '004_contract_drop-cost.sql': 'ALTER TABLE item DROP COLUMN cost',
};
let live: ReleaseFiles;

beforeAll(async () => {
  rig = await createDatabaseRig({ block: 4, migrations: base });
  await rig.startHosts();
  rig.startController();
  await waitFor('the first bring-up', () => isWhole(rig), 120_000);
  live = await makeRelease(rig, '1.0', base);
});

afterAll(() => rig.destroy());

const schema = () => rig.controller().schema;

function target(database = 'app'): SqlTarget {
  const zone = rig.controller().writer()?.member.slice('pg-'.length) ?? '';
  const password = rig.environment.passwords.postgresSuperuser;
  return { host: rig.addressOf(zone), port: 5432, user: superuser, password, database, timeoutMs: 30_000 };
}

const query = <Row>(sql: string, database?: string): Promise<Row[]> =>
  withSql(target(database), (client) => client.query<Row>(sql));
const scratch = () =>
  query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'alwayson\\_check\\_%'",
    'postgres',
  );
const columnsOf = async (table: string) =>
  (
    await query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
       WHERE attrelid = to_regclass('${table}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    )
  ).map(({ name }) => name);

test('a fresh database gets everything in order, also what removes', async () => {
  expect(await columnsOf('item')).toEqual(['id', 'cost', 'name', 'price']);
  expect((await schema().applied()).map(({ name }) => name)).toEqual(Object.keys(base));
});

test('a first run that was interrupted is still a first run', async () => {
  const isWanted = (name: string) => !isContract(name);
  const run = async (version: string, files: Record<string, string>) => {
    const { folder } = await makeRelease(rig, version, files);
    const migrations = await readMigrations(folder);
    return applyMigrations({ target: target(), set: 'first', migrations, isWanted });
  };
  const start = { '001_a.sql': 'CREATE TABLE first (id int)', '002_contract_b.sql': 'SELECT 1' };
  await expect(run('first-1', { ...start, '003_c.sql': 'SELECT nonsense' })).rejects.toThrow('nonsense');
  const whole = { ...start, '003_c.sql': 'SELECT 1', '004_contract_d.sql': 'SELECT 1' };
  expect(await run('first-2', whole)).toEqual(['003_c.sql', '004_contract_d.sql']);
  expect(await run('first-3', { ...whole, '005_contract_e.sql': 'SELECT 1' })).toEqual([]);
});

test('what adds is applied exactly once by two that ask at the same time', async () => {
  const files = {
    '005_tag.sql': 'CREATE TABLE tag (id int); INSERT INTO tag VALUES (1)',
    '006_more.sql': 'INSERT INTO tag VALUES (2)',
  };
  const candidate = await makeRelease(rig, '1.1', { ...withDrop, ...files });
  const twice = await Promise.all([schema().expand(candidate), schema().expand(candidate)]);
  expect(twice.flat().toSorted()).toEqual(Object.keys(files));
  expect(await query('SELECT id FROM tag ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await schema().expand(candidate)).toEqual([]);
  expect(await columnsOf('item')).toContain('cost');
});

test('a migration that fails leaves nothing, and those before it stay', async () => {
  const candidate = await makeRelease(rig, 'broken', {
    ...base,
    '007_note.sql': 'CREATE TABLE note (id int)',
    '008_broken.sql': 'CREATE TABLE half (id int); INSERT INTO note VALUES (1); SELECT nonsense',
  });
  await expect(schema().expand(candidate)).rejects.toMatchObject({ code: 'AON_DATABASE' });
  expect(await query("SELECT to_regclass('half') AS half, (SELECT count(*)::int FROM note) AS rows")).toEqual(
    [{ half: null, rows: 0 }],
  );
  const names = (await schema().applied()).map(({ name }) => name);
  expect(names).toContain('007_note.sql');
  expect(names).not.toContain('008_broken.sql');
});

test('what removes waits for the release that does not know it, runs one release later, and bars the way back', async () => {
  const next = await makeRelease(rig, '1.2', withDrop);
  const [name = ''] = Object.keys(withDrop).slice(-1);
  expect(await schema().plan(next, [live])).toMatchObject({
    expand: [],
    contract: [],
    waiting: [{ name, neededBy: '1.0' }],
    faults: [],
  });
  expect(await schema().expand(next)).toEqual([]);
  expect(await columnsOf('item')).toContain('cost');

  const last = await makeRelease(rig, '1.3', withDrop);
  expect(await schema().plan(last, [next])).toMatchObject({
    expand: [],
    contract: [name],
    waiting: [],
    faults: [],
  });
  expect(await schema().contract(last, [name])).toEqual([name]);
  expect(await schema().contract(last, [name])).toEqual([]);
  expect(await columnsOf('item')).toEqual(['id', 'name', 'price']);

  const { faults } = await schema().plan(live, [last]);
  expect(faults).toEqual([
    expect.stringContaining(`${name} was applied, and this release does not carry it`),
  ]);
  expect((await schema().plan(next, [last])).faults).toEqual([]);
});

test('the guide says what is so: its example goes through two releases, and old and new code work in between', async () => {
  const guide = readFileSync(
    join(import.meta.dirname, '../../../../docs/guides/change-the-schema.md'),
    'utf8',
  );
  const blocks = [...guide.matchAll(/```sql\n-- (\d\S+\.sql)\n([^`]+)```/g)];
  const example = Object.fromEntries(blocks.map(([, name, sql]) => [name ?? '', sql ?? '']));
  const [adding = '', removing = ''] = Object.keys(example);
  const known = await makeRelease(rig, '1.3', withDrop);
  const first = await makeRelease(rig, '1.31', { ...withDrop, ...example });
  expect(await schema().plan(first, [known])).toMatchObject({
    expand: [adding],
    contract: [],
    waiting: [{ name: removing, neededBy: '1.3' }],
    faults: [],
  });
  expect(await schema().expand(first)).toEqual([adding]);
  await query("INSERT INTO item (id, name) VALUES (7, 'old')");
  await query("INSERT INTO item (id, title) VALUES (8, 'new')");
  await query("UPDATE item SET name = 'older' WHERE id = 7");
  await query("UPDATE item SET title = 'newer' WHERE id = 8");
  expect(await query('SELECT name, title FROM item WHERE id IN (7, 8) ORDER BY id')).toEqual([
    { name: 'older', title: 'older' },
    { name: 'newer', title: 'newer' },
  ]);
  const second = await makeRelease(rig, '1.32', { ...withDrop, ...example });
  expect(await schema().plan(second, [first])).toMatchObject({
    expand: [],
    contract: [removing],
    faults: [],
  });
  expect(await schema().contract(second, [removing])).toEqual([removing]);
  expect(await columnsOf('item')).toEqual(['id', 'price', 'title']);
  Object.assign(withDrop, example);
});

test('a contract file that would not run is found while it still waits', async () => {
  const candidate = await makeRelease(rig, '1.4', {
    ...withDrop,
    '014_contract_odd.sql': 'DROP TABLE nowhere',
  });
  const { faults, waiting } = await schema().plan(candidate, [live]);
  expect(waiting).toMatchObject([{ name: '014_contract_odd.sql' }]);
  expect(faults).toEqual(['014_contract_odd.sql: does not run: table "nowhere" does not exist']);
});

test('a file that reads differently than when it ran is refused by the plan and by whoever would run it', async () => {
  const edited = await makeRelease(rig, 'edited', { ...withDrop, '003_price.sql': 'SELECT 1' });
  expect((await schema().plan(edited, [live])).faults).toEqual([
    '003_price.sql was applied and reads differently now.',
  ]);
  await expect(schema().expand(edited)).rejects.toMatchObject({ code: 'AON_MIGRATION_CHANGED' });
  const tampered = { ...edited, files: live.files };
  await expect(schema().expand(tampered)).rejects.toMatchObject({ code: 'AON_MIGRATION_CHANGED' });
});

test('an index that was being built concurrently when everything was killed is built anew', async () => {
  const name = '015_by-price.sql';
  const statement = 'CREATE INDEX CONCURRENTLY item_by_price ON item (price)';
  const candidate = await makeRelease(rig, '1.5', {
    ...withDrop,
    [name]: `-- alwayson: no-transaction\n${statement}`,
  });
  // What a killed run leaves: its mark, and an index that nobody may use.
  await query(`INSERT INTO alwayson.migrations_begun VALUES ('workload', '${name}')`);
  const blocker = await connectSql(target());
  await blocker.query('BEGIN');
  await blocker.query("INSERT INTO item (id, title) VALUES (1, 'one')");
  const interrupted = withSql(
    { ...target(), settings: { role: 'app', statement_timeout: '1500' } },
    (client) => client.query(statement),
  );
  await expect(interrupted).rejects.toThrow('statement timeout');
  await blocker.query('COMMIT');
  blocker.close();
  const index = () =>
    query("SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('item_by_price')");
  expect(await index()).toEqual([{ valid: false }]);

  expect(await schema().expand(candidate)).toEqual([name]);
  expect(await index()).toEqual([{ valid: true }]);
  expect(await query('SELECT FROM alwayson.migrations_begun')).toEqual([]);
});

test('a migration that waits for a lock keeps others from working for moments only, and runs once it has it', async () => {
  const name = '0155_stock.sql';
  const candidate = await makeRelease(rig, '1.5.5', {
    ...withDrop,
    [name]: 'ALTER TABLE item ADD COLUMN stock integer',
  });
  const blocker = await connectSql(target());
  await blocker.query('BEGIN');
  await blocker.query('SELECT FROM item');
  const expanded = schema().expand(candidate);
  const isWaiting = async () =>
    (await query("SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")).length > 0;
  await waitFor('the migration to wait', isWaiting);
  // Each of these would wait behind it until the blocker has ended.
  for (let n = 0; n < 3; n += 1) await query('SELECT count(*) FROM item');
  expect(await columnsOf('item')).not.toContain('stock');
  await blocker.query('COMMIT');
  blocker.close();
  expect(await expanded).toEqual([name]);
  expect(await columnsOf('item')).toContain('stock');
});

test('a check that is killed in the middle leaves a database that the next controller removes', async () => {
  const candidate = await makeRelease(rig, 'killed', { ...withDrop, '016_slow.sql': 'SELECT pg_sleep(15)' });
  const child = startCheck(candidate.folder ?? '');
  const isSleeping = async () =>
    (await query("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(15)' AND pid <> pg_backend_pid()"))
      .length > 0;
  await waitFor('the check to run', isSleeping);
  const killed = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await killed;
  expect(await scratch()).toHaveLength(1);

  await rig.stopController();
  rig.startController();
  await waitFor('the estate to be whole', () => isWhole(rig));
  await waitFor('the leftover to be removed', async () => (await scratch()).length === 0);
});

test('a writer that dies in the middle: nobody is told a success, and what was asked for is asked for again', async () => {
  const name = '017_slow.sql';
  const slow = { ...withDrop, [name]: 'CREATE TABLE slow (id int); SELECT pg_sleep(8)' };
  const candidate = await makeRelease(rig, '1.6', slow);
  const old = rig.controller().writer()?.member ?? '';
  const planned = schema().plan(candidate, [live]).then(String, toCode);
  const isSleeping = async (database: string) =>
    (await query(`SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(8)' AND datname ${database}`))
      .length > 0;
  await waitFor('the check to run', () => isSleeping("<> 'app'"));
  const expanded = schema().expand(candidate).then(String, toCode);
  await waitFor('the migration to run', () => isSleeping("= 'app'"));
  process.kill(rig.pidOf(old), 'SIGKILL');
  expect(await expanded).toBe('AON_DATABASE');
  expect(await planned).toBe('AON_DATABASE');
  await expect(schema().applied()).rejects.toMatchObject({ code: 'AON_DATABASE' });

  await waitFor('the estate to be whole', () => isWhole(rig));
  expect(rig.controller().writer()?.member).not.toBe(old);
  expect(await schema().expand(candidate)).toEqual([name]);
  expect(await schema().expand(candidate)).toEqual([]);
  await waitFor('the leftover to be removed', async () => (await scratch()).length === 0);
});

function toCode(error: unknown): string {
  return isAlwaysOnError(error) ? error.code : String(error);
}

function startCheck(folder: string): ChildProcess {
  const program = join(import.meta.dirname, 'schema-check-program.ts');
  const environmentFile = join(rig.environment.stateDir, 'environment.json');
  const writer = rig.controller().writer()?.member ?? '';
  return spawn(process.execPath, [program, environmentFile, writer, folder], { stdio: 'ignore' });
}
