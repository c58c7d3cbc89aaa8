import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWriters } from '../database/acknowledged-writes.ts';
import { isWhole, waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';
import { findZones, killingBoard, victimNames } from './victims.ts';

/**
 * In every step of a restore two of those who take part are killed. Another seed (ALWAYSON_E2E_SEED, 0 when absent) kills others; four of
 * them are everybody in every step.
 */
const seed = Number(process.env.ALWAYSON_E2E_SEED ?? '0');
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.startBackedUp(28);
});

afterAll(() => rig.destroy());

const effects = [
  'restoreBeside',
  'holdWrites',
  'stopWriter',
  'placeRestored',
  'awaitWritable',
  'openDoors',
  'awaitFollowers',
] as const;
const half = victimNames.length / 2;
const kills = effects.flatMap((effect, index) =>
  [0, half].map((offset) => ({
    effect,
    victim: victimNames[(seed + index + offset) % victimNames.length] ?? 'the writer',
  })),
);

test.each(kills)(
  `kill -9 of $victim as $effect begins (seed ${seed}): it ends, and the estate is whole by itself`,
  { timeout: 400_000 },
  async ({ effect, victim }) => {
    const { database } = rig;
    await waitFor('the estate to be whole', () => isWhole(database), 180_000);
    const [from, to] = [rig.region, rig.otherRegion];
    const { epoch } = database.authority.read();
    const moment = Date.now();
    await waitFor('a moment later', () => Date.now() > moment + 1000);
    const { board, isKilled } = killingBoard(rig, { effect, victim, zones: await findZones(rig, to) });
    const begun = await board.beginRestore({
      to: new Date(moment).toISOString(),
      acceptDataLoss: true,
      owner,
    });
    const ended = await rig.untilEnded(begun);
    const { state } = RecoveryReport.parse(ended.result);
    process.stdout.write(
      `FIGURE restore, ${victim} killed${isKilled() ? '' : ' (it had ended)'} as ${effect} begins: ${state}\n`,
    );
    expect(state).toMatch(/^(succeeded|rolled-back)$/);
    await waitFor('the estate to be whole again', () => isWhole(database), 240_000);
    const isMoved = state === 'succeeded';
    expect(rig.region).toBe(isMoved ? to : from);
    expect(database.authority.read()).toMatchObject({ epoch: isMoved ? epoch + 1 : epoch, phase: 'steady' });
    const writers = startWriters(database, moment);
    await waitFor('writes to flow', () => writers.count() > 50);
    expect(await writers.stop()).toMatchObject({ lost: 0, errors: {} });
  },
);
