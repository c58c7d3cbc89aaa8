import { afterAll, beforeAll, expect, test } from 'vitest';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate; each test leaves it whole. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(4);
});

afterAll(() => rig.destroy());

test('a region is lost: the other one writes, and what comes back follows with nothing undone that was acknowledged', async () => {
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  const { lost, report } = await rig.writeDuring(async () => {
    const zones = await rig.loseRegion(from);
    await rig.untilLost(to);
    const board = rig.board();
    const plan = await board.plan({ region: to, mode: 'emergency' });
    expect(plan.loss?.seconds).toBeGreaterThanOrEqual(0);
    const unaware = { region: to, mode: 'emergency', acceptDataLoss: false, owner } as const;
    await expect(board.begin(unaware)).rejects.toThrow(/may lose/);
    const ended = await rig.untilEnded(await rig.beginEmergency(to));
    for (const zone of zones) await rig.database.placement.startZone(zone);
    return ended;
  });
  // Nothing held replication up.
  expect(lost).toBe(0);
  expect(report).toMatchObject({ mode: 'emergency', state: 'succeeded', from, to, epoch: epoch + 1 });
  expect(report.rtoMs).toBeGreaterThan(0);
  expect(rig.region).toBe(to);
});
