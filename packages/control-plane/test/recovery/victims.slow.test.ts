import { applicationDatabase } from '@alwayson/engines/postgres/server-files.ts';
import { connectSql, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doorOf, waitFor } from '../database/database-rig.ts';
import { stepsLeft } from './end-in-step.ts';
import { RecoveryRig } from './recovery-rig.ts';

/** In every step of a planned switch somebody who takes part is killed. Writers and candidates are the scenarios' (e2e/recovery). */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(8);
});

afterAll(() => rig.destroy());

/** Who is killed, given the zones of the writer, of the candidate, and of the other server of each region. */
const victims = {
  "the writer's host": ({ writer }: Zones) => hostOf(writer),
  "the candidate's host": ({ candidate }: Zones) => hostOf(candidate),
  "the writer's door": ({ writer }: Zones) => rig.database.pidOf(`pgbouncer-${writer}`),
  "the candidate's door": ({ candidate }: Zones) => rig.database.pidOf(`pgbouncer-${candidate}`),
  "the writer's copy": ({ copy }: Zones) => rig.database.pidOf(`pg-${copy}`),
  "the candidate's neighbour": ({ neighbour }: Zones) => rig.database.pidOf(`pg-${neighbour}`),
} as const;

interface Zones {
  writer: string;
  candidate: string;
  copy: string;
  neighbour: string;
}

const kills = stepsLeft.flatMap(({ step, effect }) =>
  (Object.keys(victims) as (keyof typeof victims)[]).map((victim) => ({ step, effect, victim })),
);

test.each(kills)('kill -9 of $victim as the step $step begins', async ({ effect, victim }) => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  let isKilled = false;
  const { lost, report } = await rig.writeDuring(async () => {
    const pid = victims[victim](await findZones(to));
    const board = rig.board((handover) => ({
      [effect]: (...args: never[]) => {
        if (!isKilled) process.kill(pid, 'SIGKILL');
        isKilled = true;
        return (handover[effect] as (...given: never[]) => Promise<unknown>)(...args);
      },
    }));
    return rig.untilEnded(await rig.begin(board, to));
  });
  expect(isKilled).toBe(true);
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

async function findZones(to: string): Promise<Zones> {
  const planNow = () => rig.board().plan({ region: to, mode: 'planned' });
  // The door that the test before has killed may be on its way back.
  await waitFor('a switch to be possible', async () => (await planNow()).isReady);
  const plan = await planNow();
  const [writer = '', candidate = ''] = [plan.writer, plan.candidate].map((id) => id?.slice('pg-'.length));
  const beside = (zone: string) =>
    zone.endsWith('-1') ? zone.replace('-1', '-2') : zone.replace('-2', '-1');
  return { writer, candidate, copy: beside(writer), neighbour: beside(candidate) };
}

function hostOf(zone: string): number {
  const pid = rig.database.placement.observe(zone).host?.pid;
  if (pid === undefined) throw new Error(`${zone} has no host.`);
  return pid;
}
