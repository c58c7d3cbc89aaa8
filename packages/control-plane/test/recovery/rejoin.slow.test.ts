import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
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

/** By which a promotion is finished, and without which a rewind leaves a folder that never starts. */
async function isAskedForCheckpoint(member: string): Promise<boolean> {
  const { database } = rig;
  const host = database.addressOf(member.replace('pg-', ''));
  const password = database.environment.passwords.postgresSuperuser;
  const target = { host, port: zonePorts.postgres, user: 'postgres', password, database: 'postgres' };
  const [row] = await withSql({ ...target, timeoutMs: 10_000 }, (client) =>
    client.query<{ asked: boolean }>(
      "SELECT count(*) > 0 AS asked FROM pg_stat_activity WHERE query = 'CHECKPOINT' AND state = 'active'",
    ),
  );
  return row?.asked === true;
}

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
    await waitFor('the checkpoint that is asked for first', () => isAskedForCheckpoint(heir));
    expect(told(/^database\.(rewind|rebuild|restart)$/)).toEqual([]);
  } finally {
    process.kill(checkpointer, 'SIGCONT');
  }
  await waitFor('the estate to be whole again', () => isWhole(database), 120_000);
  expect(told(/^database\.(rewind|rebuild|restart)$/)).toHaveLength(1);
  expect(await writers.stop()).toMatchObject({ lost: 0 });
});
