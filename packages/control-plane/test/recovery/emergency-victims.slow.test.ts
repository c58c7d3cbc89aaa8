import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { owner, RecoveryRig } from './recovery-rig.ts';
import { dieIn } from './end-in-step.ts';
import { findZones, killingBoard } from './victims.ts';

/** A region is lost, and in every step of the emergency somebody of the other one is killed too. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(29);
});

afterAll(() => rig.destroy());

const effects = ['awaitWritable', 'openDoors', 'awaitFollowers'] as const;
const survivors = [
  "the candidate's host",
  "the candidate's door",
  "the candidate's neighbour",
  'the candidate',
] as const;
const kills = effects.flatMap((effect) => survivors.map((victim) => ({ effect, victim })));

test.each(kills)(
  'kill -9 of $victim as $effect begins: the other region writes, and nothing acknowledged is lost',
  { timeout: 400_000 },
  async ({ effect, victim }) => {
    const [from, to] = [rig.region, rig.otherRegion];
    const zones = await findZones(rig, to);
    const { epoch } = rig.database.authority.read();
    const { lost, report } = await rig.writeDuring(async () => {
      const gone = await rig.loseRegion(from);
      await rig.untilLost(to);
      const { board } = killingBoard(rig, { effect, victim, zones });
      const order = { region: to, mode: 'emergency', acceptDataLoss: true, owner } as const;
      const ended = await rig.untilEnded(await board.begin(order));
      for (const zone of gone) await rig.database.placement.startZone(zone);
      return ended;
    });
    process.stdout.write(`FIGURE emergency, ${victim} killed as ${effect} begins: ${report.state}\n`);
    expect(lost).toBe(0);
    expect(RecoveryReport.parse(report)).toMatchObject({ mode: 'emergency', epoch: epoch + 1 });
    expect(rig.region).toBe(to);
    expect(rig.database.authority.read()).toMatchObject({ epoch: epoch + 1, phase: 'steady' });
  },
);

const steps = { awaitWritable: 'promote', openDoors: 'open', awaitFollowers: 'follow' } as const;
const deaths = effects.flatMap((effect) =>
  (['before', 'after'] as const).map((when) => ({ effect, step: steps[effect], when })),
);

test.each(deaths)(
  'the control plane ends in the step $step, $when it acted: the next one leads the emergency to its end',
  { timeout: 400_000 },
  async (death) => {
    const [from, to] = [rig.region, rig.otherRegion];
    await findZones(rig, to);
    const { epoch } = rig.database.authority.read();
    const { lost, report } = await rig.writeDuring(async () => {
      const gone = await rig.loseRegion(from);
      await rig.untilLost(to);
      const order = { region: to, mode: 'emergency', acceptDataLoss: true, owner } as const;
      const ended = await dieIn(rig, death, (board) => board.begin(order));
      for (const zone of gone) await rig.database.placement.startZone(zone);
      return ended;
    });
    expect(lost).toBe(0);
    expect(report).toMatchObject({ mode: 'emergency', state: 'succeeded', epoch: epoch + 1 });
    expect(rig.region).toBe(to);
    expect(rig.database.authority.read()).toMatchObject({ epoch: epoch + 1, phase: 'steady' });
  },
);
