import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { applicationUser } from '@alwayson/engines/postgres/server-files.ts';
import { type SqlClient, type SqlTarget, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

const prefix = 'alwayson_check_';
/** A key of our own among the advisory locks of the database `postgres`: who has it may have a scratch database. */
const lockKey = 7_209_450_002;
const lockPollMs = 100;
const lockDeadlineMs = 60_000;

/**
 * Runs something with an empty database that is gone afterwards, in every case that this process lives to see; what an earlier life
 * left is removed first. One at a time on a server. Throws AON_DATABASE when another one goes on for too long.
 */
export function withScratch<T>(administrator: SqlTarget, run: (database: string) => Promise<T>): Promise<T> {
  return withSql(administrator, async (client) => {
    await awaitTurn(client);
    await dropAll(client);
    const name = `${prefix}${randomBytes(6).toString('hex')}`;
    try {
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0 OWNER ${applicationUser}`);
      return await run(name);
    } finally {
      // When the server is gone, or this fails: what is left is found by its name.
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).catch(() => {});
    }
  });
}

/** Removes what a killed process, or a server that went away in the middle, left behind. Leaves alone what is being used. */
export function sweepScratch(administrator: SqlTarget): Promise<void> {
  return withSql(administrator, async (client) => {
    if (await tryLock(client)) await dropAll(client);
  });
}

async function dropAll(client: SqlClient): Promise<void> {
  const left = await client.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [prefix],
  );
  for (const { name } of left) await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

async function awaitTurn(client: SqlClient): Promise<void> {
  const giveUpAt = performance.now() + lockDeadlineMs;
  while (!(await tryLock(client))) {
    if (performance.now() > giveUpAt) {
      throw new AlwaysOnError('AON_DATABASE', 'Another check of migrations is still going on.', {
        hint: 'Try again when it has ended.',
      });
    }
    await sleep(lockPollMs);
  }
}

async function tryLock(client: SqlClient): Promise<boolean> {
  const [row] = await client.query<{ ok: boolean }>('SELECT pg_try_advisory_lock($1) AS ok', [lockKey]);
  return row?.ok === true;
}
