import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackupBoard, createBackupBoard } from '../../src/backups/backup-board.ts';
import { startWriters } from '../database/acknowledged-writes.ts';
import { isWhole, waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';
import { findZones, victims } from './victims.ts';

/** Somebody who takes part is killed while a backup is made, or proven: it ends, nobody who writes loses anything, and the next one is whole. */
let rig: RecoveryRig;
let board: BackupBoard;

beforeAll(async () => {
  rig = await RecoveryRig.start(30, { hasBackups: true });
  board = createBackupBoard({ ...rig.database.context(), backups: rig.database.controller().backups });
  await rig.untilEnded(board.create({ owner }));
});

afterAll(() => rig.destroy());

const killed = ['the writer', "the writer's host", 'the candidate', "the candidate's host"] as const;
const kills = (['backup', 'verify'] as const).flatMap((what) => killed.map((victim) => ({ what, victim })));

test.each(kills)('kill -9 of $victim during a $what', { timeout: 400_000 }, async ({ what, victim }) => {
  const { database } = rig;
  const zones = await findZones(rig, rig.otherRegion);
  const writers = startWriters(database, Date.now());
  await waitFor('writes to flow', () => writers.count() > 50);
  const begun = what === 'backup' ? board.create({ owner }) : board.verify({ owner });
  const step = what === 'backup' ? 'west' : 'verify';
  await waitFor('its work', () => {
    const operation = database.journal.operation(begun.id);
    if (operation?.state !== 'running') throw new Error(JSON.stringify(operation));
    return operation.steps.some(({ name, state }) => name === step && state === 'running');
  });
  const pid = victims[victim](zones, rig);
  expect(pid).not.toBeNull();
  process.kill(pid ?? 0, 'SIGKILL');
  const { state, error } = await rig.untilEnded(begun);
  process.stdout.write(`FIGURE ${what}, ${victim} killed: ${state} ${error?.message ?? ''}\n`);
  expect(state).toMatch(/^(succeeded|failed)$/);
  const isBack = () => ![null, pid].includes(victims[victim](zones, rig)) && isWhole(database);
  await waitFor('the estate to be whole again', isBack, 180_000);
  const before = writers.count();
  await waitFor('writes to flow again', () => writers.count() > before + 20);
  expect((await writers.stop()).lost).toBe(0);
  for (const next of [() => board.create({ owner }), () => board.verify({ owner })]) {
    const ended = await rig.untilEnded(next());
    expect(ended.state, ended.error?.message).toBe('succeeded');
  }
});
