import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { doorAdministrator, doorConsole, renderDoorFiles } from '@alwayson/engines/pgbouncer/door-files.ts';
import { holdWrites } from '@alwayson/engines/pgbouncer/hold-writes.ts';
import { findProgram } from '@alwayson/engines/process/find-program.ts';
import { connectSql, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { lookupUser } from '@alwayson/engines/process/system-user.ts';
import { afterEach, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../sdk/test/support/postgres-server.ts';
import { createDoorWatch } from '../../src/database/door-watch.ts';

const address = '127.203.71.1';
const port = 6432;
const server = { address: '127.203.71.9', port: 5432 };
const dir = mkdtempSync(join(tmpdir(), 'aon-door-'));
let door: ChildProcess | undefined;
let postgres: PostgresServer | undefined;

afterEach(async () => {
  const gone = new Promise((resolve) => door?.once('exit', resolve));
  if (door?.kill('SIGKILL')) await gone;
  await postgres?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** PgBouncer refuses to run as root. */
async function startDoor(): Promise<ChildProcess> {
  const user = process.getuid?.() === 0 ? await lookupUser('postgres') : undefined;
  const files = renderDoorFiles({
    address,
    port,
    database: 'postgres',
    user: 'app',
    password: 'application',
    administratorPassword: 'administrator',
    write: server,
    read: server,
    poolSizes: { write: 1, read: 1 },
  });
  chmodSync(dir, 0o755);
  for (const { path, content } of files) {
    writeFileSync(join(dir, path), content);
    if (user !== undefined) chownSync(join(dir, path), user.uid, user.gid);
  }
  const ids = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  return spawn(findProgram('pgbouncer'), ['pgbouncer.ini'], { cwd: dir, stdio: 'ignore', ...ids });
}

test('a door tells how long its clients wait; one that is frozen or gone is told apart by its answer', async () => {
  postgres = await startPostgres(server.address);
  door = await startDoor();
  let clock = 1_000_000;
  const watch = createDoorWatch({ address, port, password: 'administrator', now: () => clock });
  expect(watch.answer()).toBeNull();
  const kindOf = async () => {
    await watch.read();
    return watch.answer()?.kind;
  };
  const until = async (kind: string) => {
    for (let n = 0; n < 200 && (await kindOf()) !== kind; n += 1) await sleep(25);
    expect(watch.answer()?.kind).toBe(kind);
  };
  await until('answered');
  expect(watch.answer()).toEqual({
    at: clock,
    kind: 'answered',
    isHeld: false,
    load: { waiting: 0, maxWaitMs: 0, at: clock },
  });

  const target = {
    host: address,
    port,
    user: 'app',
    password: 'application',
    database: 'write',
    timeoutMs: 30_000,
  };
  const [busy, next] = await Promise.all([connectSql(target), connectSql(target)]);
  await busy.query('BEGIN');
  const waiting = next.query('SELECT 1');
  await sleep(1500);
  await watch.read();
  // Asked a moment ago: not asked again.
  expect(watch.answer()?.load).toMatchObject({ waiting: 0 });
  clock += 5000;
  await watch.read();
  expect(watch.answer()?.load).toMatchObject({ waiting: 1, at: clock });
  expect(watch.answer()?.load?.maxWaitMs).toBeGreaterThanOrEqual(1000);
  await busy.query('COMMIT');
  await waiting;

  await withSql(
    { ...target, user: doorAdministrator, password: 'administrator', database: doorConsole },
    holdWrites,
  );
  expect((await watch.read())?.held).toBe(true);
  expect(watch.answer()?.isHeld).toBe(true);
  let isDone = false;
  const held = next.query('SELECT 1').then(() => {
    isDone = true;
  });
  await watch.read();
  expect(isDone).toBe(false);
  await watch.letWritesGo();
  await held;
  expect((await watch.read())?.held).toBe(false);
  // Nothing happens when nothing is held.
  await watch.letWritesGo();

  door.kill('SIGSTOP');
  expect(await kindOf()).toBe('silent');
  expect(watch.answer()).toMatchObject({ load: null });
  expect(watch.silences()).toBe(1);
  door.kill('SIGCONT');
  await until('answered');
  busy.close();
  next.close();
  const gone = new Promise((resolve) => door?.once('exit', resolve));
  door.kill('SIGKILL');
  await gone;
  expect(['refused', 'starting']).toContain(await kindOf());
  expect(await kindOf()).toBe('refused');
  watch.close();
}, 60_000);
