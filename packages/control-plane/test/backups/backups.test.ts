import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackupBoard, createBackupBoard } from '../../src/backups/backup-board.ts';
import { createBackupController } from '../../src/backups/backup-controller.ts';
import { createDatabaseRig, type DatabaseRig, doorOf, isWhole, waitFor } from '../database/database-rig.ts';

/** One estate with repositories in both regions. */
let rig: DatabaseRig;
let board: BackupBoard;
const owner = 'the test';

beforeAll(async () => {
  rig = await createDatabaseRig({
    block: 5,
    hasBackups: true,
    invariants: [{ name: 'no-item-below-zero', query: 'SELECT id FROM item WHERE id < 0 -- none' }],
    migrations: { '001_item.sql': 'CREATE TABLE item (id bigint PRIMARY KEY, zone text NOT NULL)' },
  });
  await rig.startHosts();
  rig.startController();
  await waitFor('the first bring-up', () => isWhole(rig));
  board = openBoard();
});

afterAll(() => rig.destroy());

function openBoard(): BackupBoard {
  return createBackupBoard({ ...rig.context(), backups: rig.controller().backups });
}

async function untilEnded({ id }: Operation): Promise<Operation> {
  await waitFor('the operation to end', () => rig.journal.operation(id)?.state !== 'running', 120_000);
  return rig.journal.operation(id) as Operation;
}

const write = (ids: string) =>
  withSql(doorOf(rig, 'east-1', 'write'), (client) =>
    client.query(`INSERT INTO item SELECT id, 'x' FROM generate_series(${ids}) AS id`),
  );

const repositoryOf = (zone: string) => join(rig.environment.stateDir, 'units', zone, `pg-${zone}`, 'backups');

test('what is due is done by itself: a full backup in every region, and later one of them is restored and read', async () => {
  let laterMs = 0;
  await write('1, 5000');
  const controller = createBackupController({
    ...rig.context(),
    now: () => Date.now() + laterMs,
    quietMs: 0,
    backups: rig.controller().backups,
    board,
    isBroughtUp: () => true,
    isOtherwiseBusy: () => false,
  });
  const hasDone = async (wanted: string, count: number) => {
    await controller.tick(AbortSignal.timeout(1000));
    const operations = rig.journal.operations(20).filter(({ kind }) => kind === wanted);
    return operations.filter(({ state }) => state !== 'running').length >= count;
  };
  await waitFor('the first backups', () => hasDone('backup', 2), 120_000);
  expect((await board.report()).verifications).toEqual([]);
  laterMs = 3_700_000;
  await waitFor('the first proof', () => hasDone('backup-verify', 1), 120_000);
  const report = await board.report();
  expect(report.trouble).toBeNull();
  expect(report.backups.map(({ region, type }) => `${region} ${type}`).sort()).toEqual([
    'east full',
    'west full',
  ]);
  expect(report.verifications[0]).toMatchObject({ passed: true });
  expect(report.verifications[0]?.steps.map(({ name }) => name)).toEqual([
    'restore',
    'replay',
    'check',
    'dump',
    'invariants',
  ]);
  expect(report.archive.lastAt).not.toBeNull();
});

test('a sandbox has the backups that are ordered, and none by itself', async () => {
  const context = rig.context();
  const controller = createBackupController({
    ...context,
    environment: { ...context.environment, type: 'sandbox' },
    now: () => Date.now() + 100 * 3_600_000,
    quietMs: 0,
    backups: rig.controller().backups,
    board,
    isBroughtUp: () => true,
    isOtherwiseBusy: () => false,
  });
  const before = rig.journal.operations(50).length;
  for (let tick = 0; tick < 5; tick += 1) await controller.tick(AbortSignal.timeout(1000));
  expect(board.isBusy()).toBe(false);
  expect(rig.journal.operations(50)).toHaveLength(before);
});

test('before a planned stop the log is archived, so that the stop has nothing of it left to do', async () => {
  const host = rig.addressOf((rig.controller().writer()?.member ?? '').replace('pg-', ''));
  const { postgresSuperuser: password } = rig.environment.passwords;
  const target = { host, port: zonePorts.postgres, user: 'postgres', password, database: 'postgres' };
  const waiting = () =>
    withSql({ ...target, timeoutMs: 10_000 }, async (client) => {
      const [row] = await client.query<{ ready: number }>(
        "SELECT count(*)::int AS ready FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'",
      );
      return row?.ready;
    });
  for (let n = 0; n < 3; n += 1) {
    await write(`${20_000 + n * 100}, ${20_099 + n * 100}`);
    await withSql({ ...target, timeoutMs: 10_000 }, (client) => client.query('SELECT pg_switch_wal()'));
  }
  expect(await waiting()).toBeGreaterThan(0);
  await rig.controller().handover.shortenStop(60_000);
  expect(await waiting()).toBe(0);
});

test('one made by hand has its note, and is in both regions; a second at once is refused', async () => {
  await write('5001, 6000');
  const begun = board.create({ owner, note: 'before the works' });
  expect(() => board.create({ owner })).toThrow(/already/);
  expect(await untilEnded(begun)).toMatchObject({ state: 'succeeded' });
  const { backups } = await board.report();
  expect(
    backups
      .filter(({ note }) => note === 'before the works')
      .map(({ region }) => region)
      .sort(),
  ).toEqual(['east', 'west']);
});

test('data in which something does not hold that must is no proof', async () => {
  await write('-2, -1');
  expect(await untilEnded(board.create({ owner }))).toMatchObject({ state: 'succeeded' });
  const failed = await untilEnded(board.verify({ owner }));
  expect(failed.error?.message).toContain('no-item-below-zero (2 rows)');
  expect((await board.report()).verifications[0]).toMatchObject({ passed: false });
  await withSql(doorOf(rig, 'east-1', 'write'), (client) => client.query('DELETE FROM item WHERE id < 0'));
  expect(await untilEnded(board.create({ owner }))).toMatchObject({ state: 'succeeded' });
  expect(await untilEnded(board.verify({ owner }))).toMatchObject({ state: 'succeeded' });
});

test('one that is cancelled ends at once, counts as no failure, and the next one is made', async () => {
  const begun = board.create({ owner, note: 'in vain' });
  await waitFor('the first region', () => {
    const [, west] = rig.journal.operation(begun.id)?.steps ?? [];
    return west?.state === 'running';
  });
  rig.journal.cancel(begun.id, owner);
  const ended = await untilEnded(begun);
  expect(ended).toMatchObject({ state: 'failed', error: { code: 'AON_CANCELLED' } });
  expect(ended.steps.map(({ state }) => state)).toEqual(['done', 'failed', 'skipped']);
  const report = await board.report();
  expect(report.trouble).toBeNull();
  expect(report.backups.some(({ note }) => note === 'in vain')).toBe(false);

  const { verifications } = report;
  const verifying = board.verify({ owner });
  rig.journal.cancel(verifying.id, owner);
  expect(await untilEnded(verifying)).toMatchObject({ error: { code: 'AON_CANCELLED' } });
  // A proof that was broken off says nothing of the backup.
  expect((await board.report()).verifications).toEqual(verifications);
  expect(await untilEnded(board.create({ owner }))).toMatchObject({ state: 'succeeded' });
});

test('nothing of it can be read without the key', () => {
  const files = readdirSync(repositoryOf('west-1'), { recursive: true, withFileTypes: true });
  const contents = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name)));
  expect(contents.length).toBeGreaterThan(5);
  expect(contents.every((bytes) => bytes.subarray(0, 8).toString() === 'Salted__')).toBe(true);
});

test('a flipped bit in a backup is found, and told', async () => {
  const label = (await board.report()).backups.find(
    ({ region, type }) => region === 'east' && type === 'full',
  )?.label;
  const bundle = join(repositoryOf('east-1'), 'backup/main', label ?? '', 'bundle/1');
  const bytes = readFileSync(bundle);
  const before = createHash('sha256').update(bytes).digest('hex');
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(bundle, bytes);
  const ended = await untilEnded(board.verify({ owner, region: 'east' }));
  expect(ended.state).toBe('failed');
  expect((await board.report()).verifications[0]).toMatchObject({ passed: false, region: 'east' });
  expect(rig.events().some(({ type, entity }) => type === 'backup.broken' && entity === 'east')).toBe(true);
  // Mended, it is good again.
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(before);
  writeFileSync(bundle, bytes);
  expect((await untilEnded(board.verify({ owner, region: 'east' }))).state).toBe('succeeded');
});

test('a missing file of the log is found', async () => {
  const archive = join(repositoryOf('west-1'), 'archive/main');
  const logs = readdirSync(archive, { recursive: true })
    .map(String)
    .filter((file) => /[0-9A-F]{24}-/.test(file))
    .sort();
  const { backups } = await board.report();
  const label = backups.findLast(({ region }) => region === 'west')?.label;
  for (const file of logs) rmSync(join(archive, file));
  const ended = await untilEnded(board.verify({ owner, region: 'west', ...(label ? { label } : {}) }));
  expect(ended.state).toBe('failed');
});

test('whoever writes next goes on archiving and backing up', async () => {
  const old = rig.controller().writer()?.member ?? '';
  process.kill(rig.pidOf(old), 'SIGKILL');
  await waitFor('the failover', () => rig.controller().writer()?.member !== old);
  await waitFor('the estate to be whole', () => isWhole(rig));
  await write('7001, 8000');
  expect(await untilEnded(board.create({ owner, note: 'after the failover' }))).toMatchObject({
    state: 'succeeded',
  });
  expect((await untilEnded(board.verify({ owner, region: 'east' }))).state).toBe('succeeded');
});
