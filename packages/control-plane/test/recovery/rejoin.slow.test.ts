import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWriters } from '../database/acknowledged-writes.ts';
import { childrenOf, titleOf } from '../database/child-processes.ts';
import { isWhole, waitFor } from '../database/database-rig.ts';
import { RecoveryRig } from './recovery-rig.ts';

/** Whoever lost its place follows the new writer, and not before that can be followed. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(31);
});

afterAll(() => rig.destroy());

const heldMs = 3000;

test('a writer whose promotion is not in its control file yet is no source of a rewind: who comes back waits for it', async () => {
  const { database } = rig;
  const old = rig.writer;
  const heir =
    database
      .controller()
      .status()
      .members.find(({ sync }) => sync)?.id ?? '';
  const checkpointer = childrenOf(database.pidOf(heir)).find((pid) => titleOf(pid).includes('checkpointer'));
  if (checkpointer === undefined) throw new Error(`${heir} has no checkpointer.`);
  const told = (pattern: RegExp) =>
    database.events().filter(({ type, entity }) => entity === old && pattern.test(type));
  const writers = startWriters(database, 1);
  await waitFor('writes to flow', () => writers.count() > 50);

  // It alone writes the new timeline into the control file, and tells commits whom they wait for: the heir is promoted, and not finished.
  process.kill(checkpointer, 'SIGSTOP');
  try {
    process.kill(database.pidOf(old), 'SIGKILL');
    await waitFor('the heir to be named', () => rig.writer === heir);
    await waitFor('the old one to be about to follow', () => told(/^database\.rejoin$/).length > 0);
    const since = performance.now();
    await waitFor('a while', () => performance.now() > since + heldMs);
    expect(told(/^database\.(rewind|rebuild|restart)$/)).toEqual([]);
  } finally {
    process.kill(checkpointer, 'SIGCONT');
  }
  await waitFor('the estate to be whole again', () => isWhole(database), 120_000);
  expect(told(/^database\.(rewind|rebuild|restart)$/)).toHaveLength(1);
  expect(await writers.stop()).toMatchObject({ lost: 0 });
});
