import { applicationDatabase } from '@alwayson/engines/postgres/server-files.ts';
import { connectSql, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doorOf } from '../database/database-rig.ts';
import { stepsLeft } from './end-in-step.ts';
import { RecoveryRig } from './recovery-rig.ts';
import { findZones, killingBoard, victimNames } from './victims.ts';

/** In every step of a planned switch somebody who takes part is killed; writers and candidates in the scenarios (e2e/recovery). */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(8);
});

afterAll(() => rig.destroy());

/** Writers and candidates are the scenarios'. */
const beside = victimNames.filter((name) => name !== 'the writer' && name !== 'the candidate');
const kills = stepsLeft.flatMap(({ step, effect }) => beside.map((victim) => ({ step, effect, victim })));

test.each(kills)('kill -9 of $victim as the step $step begins', async ({ effect, victim }) => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  const { board, isKilled } = killingBoard(rig, { effect, victim, zones: await findZones(rig, to) });
  const { lost, report } = await rig.writeDuring(async () => rig.untilEnded(await rig.begin(board, to)));
  expect(isKilled()).toBe(true);
  expect(lost).toBe(0);
  expect(report.state).toMatch(/^(succeeded|rolled-back)$/);
  const isMoved = report.state === 'succeeded';
  expect(rig.region).toBe(isMoved ? to : from);
  expect(rig.database.authority.read()).toMatchObject({
    epoch: isMoved ? epoch + 1 : epoch,
    phase: 'steady',
  });
});

test('a session that was open at the old writer ends with it: it can neither write nor answer', async () => {
  const { database } = rig;
  const zone = rig.writer.slice('pg-'.length);
  const target = {
    ...doorOf(database, zone, 'write'),
    port: zonePorts.postgres,
    database: applicationDatabase,
  };
  const session = await connectSql(target);
  expect(await session.query('SELECT pg_is_in_recovery() AS standby')).toEqual([{ standby: false }]);
  const { lost } = await rig.writeDuring(async () => rig.untilEnded(await rig.begin()));
  expect(lost).toBe(0);
  await expect(session.query("INSERT INTO item VALUES (-2, 'late')")).rejects.toThrow();
  const late = await withSql(doorOf(database, 'west-1', 'write'), (client) =>
    client.query('SELECT zone FROM item WHERE id = -2'),
  );
  expect(late).toEqual([]);
});
