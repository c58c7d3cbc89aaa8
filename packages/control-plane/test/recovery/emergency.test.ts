import { afterAll, beforeAll, expect, test } from 'vitest';
import { childrenOf, titleOf } from '../database/child-processes.ts';
import { waitFor } from '../database/database-rig.ts';
import { createRegionLossController } from '../../src/recovery/region-loss-controller.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate; each test leaves it whole. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(4);
});

afterAll(() => rig.destroy());

/** The whole region at once: its zones' hosts with everything in them. */
async function loseRegion(region: string): Promise<string[]> {
  const zones = rig.database.environment.zones.filter((zone) => zone.region === region);
  await Promise.all(zones.map(({ name }) => rig.database.placement.outageZone(name)));
  return zones.map(({ name }) => name);
}

const emergency = (region: string) => ({ region, mode: 'emergency', acceptDataLoss: true, owner }) as const;

async function untilLost(region: string): Promise<void> {
  const isLost = async () => (await rig.board().plan({ region, mode: 'emergency' })).isReady;
  await waitFor('the loss to be seen', isLost);
}

test('a region is lost: the other one writes, and what comes back follows with nothing undone that was acknowledged', async () => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  const { lost, report } = await rig.writeDuring(async () => {
    const zones = await loseRegion(from);
    await untilLost(to);
    const board = rig.board();
    const plan = await board.plan({ region: to, mode: 'emergency' });
    expect(plan.loss?.seconds).toBeGreaterThanOrEqual(0);
    await expect(board.begin({ ...emergency(to), acceptDataLoss: false })).rejects.toThrow(/may lose/);
    const ended = await rig.untilEnded(await board.begin(emergency(to)));
    for (const zone of zones) await rig.database.placement.startZone(zone);
    return ended;
  });
  // Nothing held replication up.
  expect(lost).toBe(0);
  expect(report).toMatchObject({ mode: 'emergency', state: 'succeeded', from, to, epoch: epoch + 1 });
  expect(report.rtoMs).toBeGreaterThan(0);
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
    const zones = await loseRegion(from);
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
    const zones = await loseRegion(from);
    for (const pid of receivers) process.kill(pid, 'SIGKILL');
    await untilLost(to);
    const ended = await rig.untilEnded(await rig.board().begin(emergency(to)));
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
