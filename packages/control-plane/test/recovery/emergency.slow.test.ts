import { afterAll, beforeAll, expect, test } from 'vitest';
import { childrenOf } from '../database/child-processes.ts';
import { waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate; each test leaves it whole. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(7);
});

afterAll(() => rig.destroy());

const emergency = (region: string) => ({ region, mode: 'emergency', acceptDataLoss: true, owner }) as const;

async function untilLost(region: string): Promise<void> {
  const isLost = async () => (await rig.board().plan({ region, mode: 'emergency' })).isReady;
  await waitFor('the loss to be seen', isLost);
}

test('the writer is lost without a copy that would take over: another server of its region writes, by an emergency', async () => {
  const { database } = rig;
  const region = rig.region;
  const old = rig.writer;
  const copy = () =>
    database
      .controller()
      .status()
      .members.find(({ sync }) => sync)?.id;
  const first = copy();
  const { report } = await rig.writeDuring(async () => {
    // Its copy first: writes go on with one, and nobody may take over from it.
    await database.placement.outageZone((first ?? '').slice('pg-'.length));
    await waitFor('the copy to be given up', () => copy() === undefined);
    await database.placement.outageZone(old.slice('pg-'.length));
    await database.placement.startZone((first ?? '').slice('pg-'.length));
    await untilLost(region);
    const ended = await rig.untilEnded(await rig.board().begin(emergency(region)));
    await database.placement.startZone(old.slice('pg-'.length));
    return ended;
  });
  expect(report).toMatchObject({ state: 'succeeded', from: region, to: region });
  expect(rig.writer).toBe(first);
});

test('the zones of the region that writes are frozen, not dead: they are ended before another writes, and wake up fenced', async () => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { database } = rig;
  const zones = database.environment.zones.filter((zone) => zone.region === from).map(({ name }) => name);
  const { lost, report } = await rig.writeDuring(async () => {
    const hosts = zones.map((zone) => database.placement.observe(zone).host?.pid ?? 0);
    const units = zones.map((zone) => database.pidOf(`pg-${zone}`));
    const all = [...hosts, ...hosts.flatMap(childrenOf), ...units.flatMap(childrenOf)];
    for (const pid of new Set(all)) process.kill(pid, 'SIGSTOP');
    await untilLost(to);
    return rig.untilEnded(await rig.board().begin(emergency(to)));
  });
  expect(lost).toBe(0);
  expect(report).toMatchObject({ state: 'succeeded', from, to });
  expect(rig.region).toBe(to);
});
