import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { KeptEntry, QueueContent } from '@alwayson/protocol/queue-content.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStateKeeper } from '../../src/backups/state-keeper.ts';
import { startWriters } from '../database/acknowledged-writes.ts';
import { isWhole, waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate with repositories in both regions, and a first backup of the region that writes first. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.startBackedUp(26);
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

/** A queue, as far as a restore meets it; real ones are in the tests of the engine, and in the scenarios. */
function fakeQueue(region: string, held: QueueContent, isFull: boolean) {
  const back: Pick<QueueContent, 'streams'>[] = [];
  return {
    region,
    back,
    content: async () => held,
    async putBack(content: Pick<QueueContent, 'streams'>) {
      if (isFull) throw new Error('OOM command not allowed');
      back.push(content);
      return 1;
    },
  };
}
type FakeQueue = ReturnType<typeof fakeQueue>;

const run = 'c'.repeat(40);
const entries: KeptEntry[] = ['10-0', '11-0', '12-0'].map((id) => [id, ['k', id, 't', 'vote', 'b', '{}']]);
const heldIn = (shard: number, held: KeptEntry[]): QueueContent => ({
  incarnations: [{ run, score: 1 }],
  streams: [{ shard, run, entries: held }],
  isCut: false,
});

/** The first of three entries is applied in the west, none in the east, which will not take them back. */
async function keepQueues(): Promise<FakeQueue> {
  const west = fakeQueue('west', heldIn(2, entries), false);
  rig.queues = [west, fakeQueue('east', heldIn(4, entries.slice(0, 2)), true)];
  await ask(`INSERT INTO alwayson.queue_ledger VALUES ('west', 2, '${run}', '10-0', 1, 1)`);
  const keeper = createStateKeeper({
    ...rig.database.context(),
    state: rig.database.controller().state,
    queue: { queues: rig.queues },
    openEpoch: () => 1,
    isRestoring: () => false,
  });
  await keeper.keep();
  return west;
}

/** Writes that were accepted and not applied then are back in their queue, or kept for a person to decide. */
async function expectQueuesAsThen(west: FakeQueue, { checks }: RecoveryReport): Promise<void> {
  expect(west.back).toMatchObject([{ streams: [{ shard: 2, run, entries: entries.slice(1) }] }]);
  expect(await ask('SELECT queue, shard, last_id FROM alwayson.queue_ledger ORDER BY queue')).toEqual([
    { queue: 'east', shard: 4, last_id: '0-0' },
    { queue: 'west', shard: 2, last_id: '10-0' },
  ]);
  expect(await ask('SELECT queue, entry_id, type, error FROM alwayson.dead_letter ORDER BY 2')).toEqual(
    ['10-0', '11-0'].map((id) => ({
      queue: 'east',
      entry_id: id,
      type: 'vote',
      error: expect.stringContaining('OOM'),
    })),
  );
  const told = new Map(checks.map(({ name, state, detail }) => [name, `${state}: ${detail}`]));
  expect(told.get('queue of west')).toMatch(/^pass: 2 writes/);
  expect(told.get('queue of east')).toMatch(/^warn: 2 writes of then are dead letters/);
  expect(told.get('configuration')).toBe('warn: stays as it is now, and was another then: scale');
  expect(
    await ask(
      "SELECT content->'records'->'scale' AS scale FROM alwayson.kept_state WHERE name = 'configuration-restored'",
    ),
  ).toEqual([{ scale: null }]);
}

test('a table that was dropped is there again as it was a second before; what came later is undone, and everybody follows', async () => {
  await ask('CREATE TABLE precious AS SELECT id FROM generate_series(1, 1000) AS id');
  const west = await keepQueues();
  const keptAt = Date.now();
  // A commit of the same millisecond may be of after it.
  await waitFor('the clock to go on', () => Date.now() > keptAt + 1);
  const moment = Date.now();
  await waitFor('a second', () => Date.now() > moment + 1000);
  await ask('DROP TABLE precious');
  await ask("INSERT INTO item VALUES (-7, 'later')");
  await ask("UPDATE alwayson.queue_ledger SET last_id = '12-0'");
  rig.database.records.commit('scale', 0, { floor: { 'west-1': 2 } });
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

  await expectQueuesAsThen(west, report);
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
