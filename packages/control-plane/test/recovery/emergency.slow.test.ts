import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRegionLossController } from '../../src/recovery/region-loss-controller.ts';
import { childrenOf, titleOf } from '../database/child-processes.ts';
import { waitFor } from '../database/database-rig.ts';
import { RecoveryRig } from './recovery-rig.ts';

/** One estate; each test leaves it whole. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(7);
});

afterAll(() => rig.destroy());

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
    await rig.untilLost(region);
    const ended = await rig.untilEnded(await rig.beginEmergency(region));
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
    await rig.untilLost(to);
    return rig.untilEnded(await rig.beginEmergency(to));
  });
  expect(lost).toBe(0);
  expect(report).toMatchObject({ state: 'succeeded', from, to });
  expect(rig.region).toBe(to);
});

test('where the manifest says so, a lost region is given up by itself, after its time', async () => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  const context = rig.database.context();
  const controller = createRegionLossController({
    ...context,
    manifest: { ...context.manifest, regionLoss: { declare: 'automatic', afterSeconds: 10 } },
    authority: rig.database.authority,
    database: rig.database.controller(),
    recovery: rig.board(),
    isBroughtUp: () => true,
  });
  const emergencies = () =>
    rig.database.journal.operations(50).filter(({ kind }) => kind === 'emergency-failover');
  const before = emergencies().length;
  const { lost, report } = await rig.writeDuring(async () => {
    await controller.tick(AbortSignal.timeout(1000));
    expect(rig.database.controller().handover.regionLoss().receivers).toEqual([true, true]);
    const zones = await rig.loseRegion(from);
    const lostAt = Date.now();
    await waitFor('the declaration', async () => {
      await controller.tick(AbortSignal.timeout(1000));
      return emergencies().length > before;
    });
    expect(Date.now() - lostAt).toBeGreaterThan(10_000);
    const [begun] = emergencies();
    expect(begun?.title).toContain('for automatic: two of three sites');
    const ended = await rig.untilEnded({ id: begun?.id ?? '' });
    await controller.tick(AbortSignal.timeout(1000));
    for (const zone of zones) await rig.database.placement.startZone(zone);
    return ended;
  });
  expect(lost).toBe(0);
  expect(report).toMatchObject({ mode: 'emergency', state: 'succeeded', from, to, epoch: epoch + 1 });
  const told = rig.database.events().filter(({ type }) => /unreached|reached/.test(type));
  expect(told.map(({ type, entity }) => `${type} ${entity}`)).toEqual([`recovery.unreached ${from}`]);
});

test('replication had stalled: what was acknowledged meanwhile is lost, estimated before and counted when the region is back', async () => {
  const [from, to] = [rig.region, rig.otherRegion];
  const stalled = rig.database
    .controller()
    .handover.members()
    .filter(({ region }) => region === to);
  const receivers = stalled.flatMap(({ id }) =>
    childrenOf(rig.database.pidOf(id)).filter((pid) => titleOf(pid).includes('walreceiver')),
  );
  expect(receivers).toHaveLength(2);
  const { lost, report } = await rig.writeDuring(async (acknowledged) => {
    for (const pid of receivers) process.kill(pid, 'SIGSTOP');
    const before = acknowledged();
    await waitFor('writes that the other region has not', () => acknowledged() > before + 100);
    const zones = await rig.loseRegion(from);
    for (const pid of receivers) process.kill(pid, 'SIGKILL');
    await rig.untilLost(to);
    const ended = await rig.untilEnded(await rig.beginEmergency(to));
    for (const zone of zones) await rig.database.placement.startZone(zone);
    return ended;
  });
  expect(lost).toBeGreaterThan(100);
  expect(report.rpoMs).toBeGreaterThan(0);
  expect(report.lostWrites).toBeNull();
  const salvaged = rig.database.events().findLast(({ type }) => type === 'recovery.salvaged');
  // All that was acknowledged and is lost, and at most what was on its way to be acknowledged.
  expect(salvaged?.data?.['commits']).toBeGreaterThanOrEqual(lost);
  expect(salvaged?.data?.['commits']).toBeLessThan(lost + 20);
});
