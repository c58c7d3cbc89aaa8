import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWriters } from '../database/acknowledged-writes.ts';
import { isWhole, waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate with repositories in both regions, and a first backup of the region that writes first. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(26, { hasBackups: true });
  const { backups } = rig.database.controller();
  await backups.prepare();
  await backups.make({ region: 'west', type: 'full', note: null });
});

afterAll(() => rig.destroy());

/** As the administrator, at the server that writes. */
function ask<Row>(statement: string): Promise<Row[]> {
  const { environment } = rig.database;
  const host = rig.database.addressOf(rig.writer.replace('pg-', ''));
  const password = environment.passwords.postgresSuperuser;
  const target = { host, port: zonePorts.postgres, user: 'postgres', password, database: 'app' };
  return withSql({ ...target, timeoutMs: 10_000 }, (client) => client.query<Row>(statement));
}

const countOf = async (table: string) =>
  (await ask<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`))[0]?.rows;

async function restore(to: string): Promise<RecoveryReport> {
  const begun = await rig.board().beginRestore({ to, acceptDataLoss: true, owner });
  const ended = await rig.untilEnded(begun);
  expect(ended.error).toBeUndefined();
  return RecoveryReport.parse(ended.result);
}

async function hasLater(): Promise<boolean> {
  const [row] = await ask<{ there: boolean }>("SELECT to_regclass('later') IS NOT NULL AS there");
  return row?.there === true;
}

/** A migration of the workload, by a control plane that is started anew. */
async function migrateLater(): Promise<void> {
  const { database } = rig;
  writeFileSync(
    join(database.environment.stateDir, 'migrations', '002_later.sql'),
    'CREATE TABLE later (id bigint)',
  );
  await database.stopController();
  database.startController();
  await waitFor('the estate to be whole', () => isWhole(database), 120_000);
  await waitFor('the later migration', hasLater);
}

test('a table that was dropped is there again as it was a second before; what came later is undone, and everybody follows', async () => {
  await ask('CREATE TABLE precious AS SELECT id FROM generate_series(1, 1000) AS id');
  const moment = Date.now();
  await waitFor('a second', () => Date.now() > moment + 1000);
  await ask('DROP TABLE precious');
  await ask("INSERT INTO item VALUES (-7, 'later')");
  await migrateLater();
  const { epoch } = rig.database.authority.read();
  const [from, to] = [rig.region, rig.otherRegion];

  const writers = startWriters(rig.database, 1);
  await waitFor('writes to flow', () => writers.count() > 50);
  const report = await restore(new Date(moment).toISOString());
  expect(report).toMatchObject({ mode: 'restore', state: 'succeeded', from, to, epoch: epoch + 1 });
  expect(report.rpoMs).toBeGreaterThan(1000);
  await waitFor('the estate to be whole again', () => isWhole(rig.database), 120_000);
  const before = writers.count();
  await waitFor('writes to flow again', () => writers.count() > before + 50);
  const { errors } = await writers.stop();
  // They waited at their doors; on a full machine perhaps longer than a door lets them, which says so.
  expect(Object.keys(errors).filter((error) => error !== 'query_wait_timeout')).toEqual([]);
  rig.figures.push({ restore: report.writeGapMs, phases: report.phases });

  expect(await countOf('precious')).toBe(1000);
  expect(await countOf('item WHERE id = -7')).toBe(0);
  expect(rig.region).toBe(to);
  // The release that is live needs it, and the restored data is older.
  await waitFor('the later migration', hasLater);
});

test('what cannot be restored is refused before anything is touched', async () => {
  const operations = rig.database.journal.operations(100).length;
  const refuse = (to: string, acceptDataLoss = true) =>
    expect(rig.board().beginRestore({ to, acceptDataLoss, owner })).rejects;
  await refuse('2020-01-01T00:00:00Z').toThrow(/nothing before that can be restored/);
  await refuse(new Date(Date.now() + 3_600_000).toISOString()).toThrow(/still to come/);
  await refuse('20200101-000000F').toThrow(/neither the label of a sound backup nor a time/);
  await refuse(new Date().toISOString(), false).toThrow(/undoes what was written after its target/);
  expect(rig.database.journal.operations(100)).toHaveLength(operations);
});
