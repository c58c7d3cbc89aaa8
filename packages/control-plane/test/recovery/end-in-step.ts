import type { Operation } from '@alwayson/protocol/operations.ts';
import { expect } from 'vitest';
import type { RegionHandover } from '../../src/database/region-handover.ts';
import type { RecoveryBoard } from '../../src/recovery/recovery-board.ts';
import { switchKinds } from '../../src/recovery/switch-runner.ts';
import { waitFor } from '../database/database-rig.ts';
import type { RecoveryRig } from './recovery-rig.ts';

/** A step of a planned switch, the effect that it waits for, and how a switch ends that was left there. */
export const stepsLeft = [
  { step: 'prepare', effect: 'shortenStop', ends: 'rolled-back' },
  { step: 'hold', effect: 'holdWrites', ends: 'rolled-back' },
  { step: 'stop', effect: 'stopWriter', ends: 'rolled-back' },
  { step: 'gate', effect: 'awaitReceived', ends: 'rolled-back' },
  { step: 'promote', effect: 'awaitWritable', ends: 'succeeded' },
  { step: 'open', effect: 'openDoors', ends: 'succeeded' },
  { step: 'follow', effect: 'awaitFollowers', ends: 'succeeded' },
] as const;

export interface Death {
  left: (typeof stepsLeft)[number];
  /** Before the step acted, or after. */
  when: 'before' | 'after';
}

/** Begins an operation, ends the control plane in one of its steps, and returns how the next one ended it. */
export async function dieIn(
  rig: RecoveryRig,
  { step, effect, when }: { step: string; effect: keyof RegionHandover; when: Death['when'] },
  begin: (board: RecoveryBoard) => Promise<Operation>,
): Promise<Operation> {
  const { database } = rig;
  let hasActed = when === 'before';
  const board = rig.board((handover) => ({
    [effect]: async (...args: never[]) => {
      if (when === 'after') await (handover[effect] as (...given: never[]) => Promise<unknown>)(...args);
      hasActed = true;
      return new Promise(() => {});
    },
  }));
  const { id } = await begin(board);
  const isThere = () => {
    const operation = database.journal.operation(id);
    // One that went back before it came there says why.
    if (operation?.state !== 'running') throw new Error(JSON.stringify(operation));
    return hasActed && operation.steps.some(({ name, state }) => name === step && state === 'running');
  };
  await waitFor(`the step ${step}`, isThere, 120_000);
  await database.stopController();
  // As the next life does: what moved inside a region is found again from records.
  database.journal.closeInterrupted(Object.values(switchKinds));
  database.startController();
  rig.board().resume();
  return rig.untilEnded({ id });
}

/** The control plane ends in a step: nothing that the step would have returned ever comes. The next one leads the switch to its end. */
export async function endInStep(rig: RecoveryRig, { left, when }: Death): Promise<void> {
  const { step, effect, ends } = left;
  const [from, to] = [rig.region, rig.otherRegion];
  const { epoch } = rig.database.authority.read();
  const { lost, report } = await rig.writeDuring(async () => {
    return dieIn(rig, { step, effect, when }, (board) => rig.begin(board));
  });
  const isMoved = ends === 'succeeded';
  expect(lost).toBe(0);
  expect(report.state).toBe(ends);
  expect(rig.region).toBe(isMoved ? to : from);
  const after = { epoch: isMoved ? epoch + 1 : epoch, phase: 'steady' };
  expect(rig.database.authority.read()).toMatchObject(after);
}
