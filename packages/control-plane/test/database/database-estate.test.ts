import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeServer } from '@alwayson/engines/postgres/probe-server.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { applyMigrations } from '../../src/database/apply-migrations.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { startWriters, type WriteReport } from './acknowledged-writes.ts';
import { childrenOf } from './child-processes.ts';
import { createDatabaseRig, type DatabaseRig, doorOf, isWhole, waitFor } from './database-rig.ts';

/** One estate, brought up once; each test leaves it whole. */
let rig: DatabaseRig;
let firstId = 1;
const figures: Record<string, unknown> = {};

beforeAll(async () => {
  rig = await createDatabaseRig({
    block: 1,
    migrations: { '001_item.sql': 'CREATE TABLE item (id bigint PRIMARY KEY, zone text NOT NULL)' },
  });
  await rig.startHosts();
  const startedAt = performance.now();
  rig.startController();
  await waitFor('the first bring-up', () => isWhole(rig));
  figures['bringUpMs'] = Math.round(performance.now() - startedAt);
});

afterAll(async () => {
  await rig.destroy();
  process.stdout.write(`database figures: ${JSON.stringify(figures, null, 1)}\n`);
});

/** Writes at every door while something happens, until the estate is whole again. */
async function writeDuring(name: string, happen: () => Promise<void>): Promise<WriteReport> {
  const writers = startWriters(rig, firstId);
  firstId += 1_000_000;
  await waitFor('writes to flow', () => writers.count() > 50);
  const startedAt = performance.now();
  await happen();
  await waitFor('the estate to be whole again', () => isWhole(rig));
  const wholeAfterMs = Math.round(performance.now() - startedAt);
  const before = writers.count();
  await waitFor('writes to flow again', () => writers.count() > before + 20);
  const report = await writers.stop();
  figures[name] = { wholeAfterMs, ...report };
  return report;
}

const memberStatus = (id: string) =>
  rig
    .controller()
    .status()
    .members.find((member) => member.id === id);
const writerOf = () => rig.controller().writer()?.member ?? '';
const syncOf = () =>
  rig
    .controller()
    .status()
    .members.find(({ sync }) => sync)?.id ?? '';

function kill(unit: string): void {
  process.kill(rig.pidOf(unit), 'SIGKILL');
}

test('brings up a writer, its synchronous standby in the other zone of the region, and standbys in the other', async () => {
  const status = rig.controller().status();
  expect(status).toMatchObject({ writer: 'pg-west-1', term: 1 });
  expect(
    status.members.map(({ id, role, sync, lagBytes }) => ({ id, role, sync, lag: typeof lagBytes })),
  ).toEqual([
    { id: 'pg-west-1', role: 'primary', sync: false, lag: 'number' },
    { id: 'pg-west-2', role: 'standby', sync: true, lag: 'number' },
    { id: 'pg-east-1', role: 'standby', sync: false, lag: 'number' },
    { id: 'pg-east-2', role: 'standby', sync: false, lag: 'number' },
  ]);
});

test('every zone has a door: writes reach the writer, reads a standby of the own region', async () => {
  const serverBehind = (zone: string, database: 'write' | 'read') =>
    withSql(doorOf(rig, zone, database), async (client) => {
      const [row] = await client.query<{ address: string }>('SELECT host(inet_server_addr()) AS address');
      return rig.environment.zones.find(({ address }) => address === row?.address)?.name;
    });
  const zones = ['west-1', 'west-2', 'east-1', 'east-2'];
  expect(await Promise.all(zones.map((zone) => serverBehind(zone, 'write')))).toEqual(
    Array(4).fill('west-1'),
  );
  expect(await Promise.all(zones.map((zone) => serverBehind(zone, 'read')))).toEqual([
    'west-2',
    'west-2',
    'east-1',
    'east-2',
  ]);
});

test('the workload owns what its migrations made, and an edited migration is refused', async () => {
  const target = { ...doorOf(rig, 'west-1', 'write'), ...superuserOf('west-1') };
  const [item] = await withSql(target, (client) =>
    client.query('SELECT tableowner FROM pg_tables WHERE tablename = $1', ['item']),
  );
  expect(item).toEqual({ tableowner: 'app' });

  const folder = join(rig.environment.stateDir, 'other-migrations');
  mkdirSync(folder);
  writeFileSync(join(folder, '001_note.sql'), 'CREATE TABLE note (id int); CREATE INDEX ON note (id);');
  const again = async () =>
    applyMigrations({ target, set: 'other', migrations: await readMigrations(folder), owner: 'app' });
  expect(await Promise.all([again(), again()])).toEqual(expect.arrayContaining([['001_note.sql'], []]));

  writeFileSync(join(folder, '002_broken.sql'), 'CREATE TABLE half (id int); SELECT nonsense;');
  await expect(again()).rejects.toMatchObject({ code: 'AON_DATABASE' });
  const left = await withSql(target, (client) =>
    client.query("SELECT FROM pg_tables WHERE tablename = 'half'"),
  );
  expect(left).toEqual([]);

  writeFileSync(join(folder, '001_note.sql'), 'CREATE TABLE note (id bigint);');
  await expect(again()).rejects.toMatchObject({ code: 'AON_MIGRATION_CHANGED' });
});

test('kill -9 of the writer: its synchronous standby takes over, nothing acknowledged is lost, the old one follows', async () => {
  const old = writerOf();
  const heir = syncOf();
  const report = await writeDuring('writerKilled', async () => {
    kill(old);
    await waitFor('the failover', () => rig.controller().writer()?.member === heir);
  });
  expect(report).toMatchObject({ lost: 0 });
  expect(report.longestGapMs).toBeLessThan(10_000);
  expect(rig.controller().writer()).toEqual({ member: heir, region: 'west', term: 2 });
  expect(syncOf()).toBe(old);
  const [operation] = rig.journal.operations(1);
  figures['failoverOperation'] = operation?.result;
  expect(operation).toMatchObject({
    kind: 'database-failover',
    state: 'succeeded',
    result: { unconfirmedDoors: [] },
  });
});

test('a writer that is frozen with all its sessions is stopped and replaced', async () => {
  const old = writerOf();
  const heir = syncOf();
  const report = await writeDuring('writerFrozen', async () => {
    const postmaster = rig.pidOf(old);
    for (const pid of [...childrenOf(postmaster), postmaster]) process.kill(pid, 'SIGSTOP');
    await waitFor('the failover', () => rig.controller().writer()?.member === heir);
  });
  expect(report.lost).toBe(0);
  expect(syncOf()).toBe(old);
});

test('the synchronous standby is killed: writes go on with one copy, then have two again', async () => {
  const report = await writeDuring('standbyKilled', async () => {
    const standby = syncOf();
    kill(standby);
    await waitFor('the copy to be given up', () => syncOf() === '');
    await waitFor('the standby to confirm again', () => syncOf() === standby);
  });
  expect(report.lost).toBe(0);
  const types = rig.events().map(({ type }) => type);
  expect(types.lastIndexOf('database.replicated')).toBeGreaterThan(types.lastIndexOf('database.copy-lost'));
});

test('the zone of the writer is lost and comes back', async () => {
  const old = writerOf();
  const zone = old.slice('pg-'.length);
  const report = await writeDuring('zoneLost', async () => {
    await rig.placement.outageZone(zone);
    await waitFor('the failover', () => writerOf() !== old);
    await rig.placement.startZone(zone);
  });
  expect(report.lost).toBe(0);
});

test('without a controller the database goes on, and the next controller finds it as it is', async () => {
  const before = rig.controller().writer();
  const report = await writeDuring('controllerReplaced', async () => {
    await rig.stopController();
    rig.startController();
  });
  expect(report).toMatchObject({ lost: 0, errors: {} });
  expect(rig.controller().writer()).toEqual(before);
});

test('a failover that was committed and not carried out is carried out by the next controller', async () => {
  const old = writerOf();
  const heir = syncOf();
  const report = await writeDuring('failoverResumed', async () => {
    await rig.stopController();
    const { version, value } = rig.records.read('database', z.looseObject({ term: z.int() }), { term: 0 });
    const next = { ...value, term: value.term + 1, writer: heir, previous: old, sync: null, waitFor: null };
    rig.records.commit('database', version, next);
    rig.startController();
    await waitFor('the promotion', () => memberStatus(heir)?.role === 'primary');
  });
  expect(report.lost).toBe(0);
  expect(syncOf()).toBe(old);
});

test('a writer whose data is damaged is replaced, and gets a fresh copy when it cannot be rewound', async () => {
  const old = writerOf();
  const zone = old.slice('pg-'.length);
  const report = await writeDuring('writerDamaged', async () => {
    await rig.stopController();
    await rig.placement.act(zone, old, 'kill');
    await rig.placement.task(zone, old, { command: ['sh', '-c', 'rm -f data/pg_wal/0*'] });
    rig.startController();
    await waitFor('the failover', () => writerOf() !== old);
  });
  expect(report.lost).toBe(0);
  expect(rig.events().some(({ type, entity }) => type === 'database.rebuild' && entity === old)).toBe(true);
});

test('a door that is frozen is started again', async () => {
  const pid = rig.pidOf('pgbouncer-east-1');
  process.kill(pid, 'SIGSTOP');
  const isNew = () => ![pid, null].includes(rig.findPid('pgbouncer-east-1'));
  await waitFor('the door to be another process', isNew);
  const isOpen = () => withSql(doorOf(rig, 'east-1', 'write'), (client) => client.query('SELECT 1'));
  await waitFor('the door to be open', () => isOpen().then(Boolean, () => false));
});

test('a zone that is frozen as a whole is ended by the witness before another takes over', async () => {
  const old = writerOf();
  const zone = old.slice('pg-'.length);
  const report = await writeDuring('zoneFrozen', async () => {
    const postmaster = rig.pidOf(old);
    const host = rig.placement.observe(zone).host?.pid ?? 0;
    for (const pid of [host, ...childrenOf(host), ...childrenOf(postmaster)]) process.kill(pid, 'SIGSTOP');
    await waitFor('the failover', () => writerOf() !== old);
  });
  expect(report.lost).toBe(0);
});

test('a standby whose data folder is gone is copied anew; slots are on the writer only', async () => {
  await rig.stopController();
  await rig.placement.act('east-2', 'pg-east-2', 'kill');
  await rig.placement.task('east-2', 'pg-east-2', { command: ['rm', '-rf', 'data'] });
  rig.startController();
  await waitFor('the standby to be noticed', () => !isWhole(rig));
  await waitFor('the standby to follow again', () => isWhole(rig));
  const slots = await Promise.all(
    ['west-1', 'west-2', 'east-1', 'east-2'].map(async (zone) => {
      const answer = await withSql({ ...doorOf(rig, zone, 'write'), ...superuserOf(zone) }, probeServer);
      return [`pg-${zone}`, answer.slots.length] as const;
    }),
  );
  expect(Object.fromEntries(slots)).toEqual({
    'pg-west-1': 0,
    'pg-west-2': 0,
    'pg-east-1': 0,
    'pg-east-2': 0,
    [writerOf()]: 3,
  });
});

test('everything is killed at once: the same writer comes back with all that was acknowledged', async () => {
  const before = rig.controller().writer();
  const writers = startWriters(rig, firstId);
  await waitFor('writes to flow', () => writers.count() > 50);
  await rig.stopController();
  await rig.killEverything();
  const startedAt = performance.now();
  await rig.startHosts();
  rig.startController();
  await waitFor('the estate to be whole again', () => isWhole(rig));
  const wholeAfterMs = Math.round(performance.now() - startedAt);
  const report = await writers.stop();
  figures['coldRestart'] = { wholeAfterMs, ...report };
  expect(report.lost).toBe(0);
  expect(rig.controller().writer()).toEqual(before);
});

function superuserOf(zone: string) {
  const { postgresSuperuser } = rig.environment.passwords;
  return {
    host: rig.addressOf(zone),
    port: 5432,
    user: 'postgres',
    password: postgresSuperuser,
    database: 'app',
  };
}
