import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWriters } from '../database/acknowledged-writes.ts';
import { doorOf, isWhole, waitFor } from '../database/database-rig.ts';
import { dieIn } from './end-in-step.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** The control plane ends in the middle of a restore, before and after the step acted: the next one goes back, or on. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.startBackedUp(27);
});

afterAll(() => rig.destroy());

const steps = [
  { step: 'restore', effect: 'restoreBeside', ends: 'rolled-back' },
  { step: 'stop', effect: 'stopWriter', ends: 'rolled-back' },
  { step: 'place', effect: 'placeRestored', ends: 'rolled-back' },
  { step: 'promote', effect: 'awaitWritable', ends: 'succeeded' },
] as const;
const deaths = steps.flatMap((left) => (['before', 'after'] as const).map((when) => ({ ...left, when })));

test.each(deaths)(
  '$when $step acted: $ends, and nothing that was acknowledged afterwards is lost',
  { timeout: 300_000 },
  async ({ step, effect, ends, when }) => {
    const { database } = rig;
    await waitFor('the estate to be whole', () => isWhole(database), 120_000);
    const { epoch, writerRegion } = database.authority.read();
    const moment = Date.now();
    await waitFor('a moment later', () => Date.now() > moment + 1000);
    const to = new Date(moment).toISOString();
    const { error, result, state } = await dieIn(rig, { step, effect, when }, (board) =>
      board.beginRestore({ to, acceptDataLoss: true, owner }),
    );
    if (ends === 'succeeded') expect(error).toBeUndefined();
    expect(state).toBe(ends);
    expect(RecoveryReport.parse(result)).toMatchObject({ mode: 'restore', state: ends });
    const isMoved = ends === 'succeeded';
    expect(database.authority.read()).toMatchObject({ epoch: isMoved ? epoch + 1 : epoch, phase: 'steady' });
    expect(rig.region === writerRegion).toBe(!isMoved);
    // Nothing of it stays beside anybody's data.
    await waitFor('what was restored to be gone', () =>
      ['west-1', 'west-2', 'east-1', 'east-2'].every(
        (zone) => !existsSync(join(database.environment.stateDir, 'units', zone, `pg-${zone}`, 'restored')),
      ),
    );
    // Whoever writes, everybody follows, and what is acknowledged from now on stays.
    await waitFor('the estate to be whole again', () => isWhole(database), 180_000);
    const writers = startWriters(database, moment);
    await waitFor('writes to flow', () => writers.count() > 50);
    expect(await writers.stop()).toMatchObject({ lost: 0, errors: {} });
    await withSql(doorOf(database, 'east-1', 'write'), (client) => client.query('TRUNCATE item'));
  },
);

test('after all of them the log goes on in the repositories: backups of the new history are made and proven', async () => {
  const { backups } = rig.database.controller();
  await backups.make({ region: rig.region, type: 'full', note: null });
  const proven = await backups.verify({ region: rig.region, label: null });
  expect(proven.map(({ name }) => name)).toEqual(['restore', 'replay', 'check', 'dump']);
});

test('a restore is undone by the backup that was made before it, although the log has left that history', {
  timeout: 300_000,
}, async () => {
  const { database } = rig;
  const write = (id: number) =>
    withSql(doorOf(database, 'west-1', 'write'), (client) =>
      client.query('INSERT INTO item VALUES ($1, $2)', [id, 'x']),
    );
  const ids = () =>
    withSql(doorOf(database, 'west-1', 'write'), (client) =>
      client.query<{ id: string }>('SELECT id FROM item ORDER BY id'),
    );
  const restore = async (to: string) => {
    const ended = await rig.untilEnded(await rig.board().beginRestore({ to, acceptDataLoss: true, owner }));
    expect(ended.error).toBeUndefined();
    await waitFor('the estate to be whole again', () => isWhole(database), 180_000);
  };
  await write(1);
  const moment = Date.now();
  await waitFor('a moment later', () => Date.now() > moment + 1000);
  await write(2);
  await restore(new Date(moment).toISOString());
  expect((await ids()).map(({ id }) => Number(id))).toEqual([1]);
  const { backups } = database.controller();
  const content = await Promise.all(backups.regions().map((region) => backups.content(region)));
  const safety = content
    .flatMap((one) => one.backups)
    .findLast(({ note }) => note === `before a restore to ${new Date(moment).toISOString()}`);
  await restore(safety?.label ?? '');
  expect((await ids()).map(({ id }) => Number(id))).toEqual([1, 2]);
});
