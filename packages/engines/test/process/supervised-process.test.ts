import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, isRunning, signalProcess } from '../../src/process/identity.ts';
import { findMarked, killMarked, type ProcessMark } from '../../src/process/marked-processes.ts';
import {
  adoptProcess,
  type SpawnRequest,
  spawnProcess,
  stopProcess,
} from '../../src/process/supervised-process.ts';
import { lookupUser } from '../../src/process/system-user.ts';

const isRoot = process.getuid?.() === 0;
let dir: string;
let mark: ProcessMark;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'alwayson-process-'));
  chmodSync(dir, 0o755);
  mark = { variable: 'PROCESS_TEST', value: dir, holds: `${dir}/` };
});
afterEach(async () => {
  await killMarked(mark);
  rmSync(dir, { recursive: true });
});

const logFile = () => join(dir, 'unit.log');
const log = () => readFileSync(logFile(), 'utf8');
const start = (script: string, more: Partial<SpawnRequest> = {}) =>
  spawnProcess({
    command: ['sh', '-c', script],
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', PROCESS_TEST: dir },
    logFile: logFile(),
    ...more,
  });

test('both outputs are appended to the log, and the exit is told', async () => {
  const first = await start('echo out; echo err >&2; exit 4');
  expect(await first.exited).toEqual({ code: 4, signal: null });
  const second = await start('echo again');
  await second.exited;
  expect(log()).toBe('out\nerr\nagain\n');
});

test('a program that cannot be run is told', async () => {
  await expect(start('', { command: ['/no/such/program'] })).rejects.toMatchObject({
    code: 'AON_UNIT_START_FAILED',
  });
});

test('a stop gives time, then none', async () => {
  const heeding = await start('trap "echo bye; exit 0" TERM; echo set; while :; do sleep 0.05; done');
  await expect.poll(log, { timeout: 10_000 }).toContain('set');
  await stopProcess(heeding, { signal: 'SIGTERM', deadlineMs: 10_000, mark });
  expect(await heeding.exited).toEqual({ code: 0, signal: null });
  expect(log()).toContain('bye');

  const deaf = await start('trap "" TERM; echo deaf; while :; do sleep 0.05; done');
  await expect.poll(log, { timeout: 10_000 }).toContain('deaf');
  await stopProcess(deaf, { signal: 'SIGTERM', deadlineMs: 200, mark });
  expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(findMarked(mark)).toEqual([]);
});

test('what has no variable left is found by the files it holds open', async () => {
  const file = openSync(logFile(), 'a');
  const holding = [
    ['ignore', file, 'ignore'],
    ['ignore', 'ignore', file],
    ['ignore', 'ignore', 'ignore', file],
  ] as const;
  for (const stdio of holding) spawn('env', ['-i', 'sleep', '60'], { stdio: [...stdio] });
  const beside = spawn('env', ['-i', 'sleep', '60'], { stdio: 'ignore' });
  closeSync(file);
  try {
    expect(findMarked(mark)).toHaveLength(3);
    await killMarked(mark);
    expect(beside.exitCode ?? beside.signalCode).toBeNull();
  } finally {
    beside.kill('SIGKILL');
  }
});

test('a frozen process is stopped without being woken', async () => {
  const frozen = await start('trap "echo woken" TERM CONT; echo set; while :; do sleep 0.05; done');
  await expect.poll(log, { timeout: 10_000 }).toContain('set');
  signalProcess(frozen.identity, 'SIGSTOP');
  await stopProcess(frozen, { signal: 'SIGTERM', deadlineMs: 100, mark });
  expect(log()).not.toContain('woken');
});

test('an adopted process is watched and stopped like an own one', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('it does not run');
  const adopted = adoptProcess(identity);
  await stopProcess(adopted, { signal: 'SIGTERM', deadlineMs: 10_000, mark });
  expect(await adopted.exited).toEqual({ code: null, signal: null });
  expect(isRunning(identity)).toBe(false);
});

test('processes that fork while they are killed are all found', async () => {
  await start('fork() { setsid sh -c "sleep 600" & sleep 0.01; }; while :; do fork; done');
  await expect.poll(() => findMarked(mark).length, { timeout: 20_000 }).toBeGreaterThan(5);
  await killMarked(mark);
  expect(findMarked(mark)).toEqual([]);
});

test('a mark finds what is below it, and nothing beside it', async () => {
  const env = { PATH: process.env.PATH ?? '' };
  const below = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...env, PROCESS_TEST: `${dir}/unit` } });
  const beside = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...env, PROCESS_TEST: `${dir}-other` } });
  try {
    expect(findMarked(mark).map(({ pid }) => pid)).toEqual([below.pid]);
    await killMarked(mark);
    expect(beside.exitCode ?? beside.signalCode).toBeNull();
  } finally {
    beside.kill('SIGKILL');
  }
});

test.runIf(isRoot)('another user gets its own ids and no groups, and may write its log', async () => {
  const user = await lookupUser('postgres');
  const asUser = await start('id -u; id -g; id -G; echo more >> /proc/self/fd/1', { user });
  await asUser.exited;
  expect(log()).toBe(`${user.uid}\n${user.gid}\n${user.gid}\nmore\n`);
  expect(statSync(logFile())).toMatchObject({ uid: user.uid, gid: user.gid });
});

test('a user that does not exist is told', async () => {
  await expect(lookupUser('nobody-of-that-name')).rejects.toMatchObject({ code: 'AON_PREREQUISITE_MISSING' });
});

test.runIf(isRoot)(
  'a PostgreSQL backend that outlives its killed postmaster is found and ended',
  async () => {
    const user = await lookupUser('postgres');
    const bin = '/usr/lib/postgresql/15/bin';
    const data = join(dir, 'data');
    execFileSync('install', ['-d', '-o', 'postgres', '-m', '700', data]);
    const asUser = { uid: user.uid, gid: user.gid, stdio: 'ignore' } as const;
    execFileSync(`${bin}/initdb`, ['-D', data, '--no-sync', '-A', 'trust'], asUser);
    const settings = ['listen_addresses=127.201.3.1', `unix_socket_directories=${data}`, 'fsync=off'];
    const postmaster = await start('', {
      command: [`${bin}/postgres`, '-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      user,
    });
    await expect.poll(log, { timeout: 30_000 }).toContain('ready to accept connections');
    const busy = 'select count(*) from generate_series(1, 4e9::bigint)';
    spawn(`${bin}/psql`, ['-h', '127.201.3.1', '-U', 'postgres', '-c', busy], { stdio: 'ignore' });
    const backend = () =>
      findMarked(mark).find(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('SELECT'));
    await expect.poll(backend, { timeout: 30_000 }).toBeDefined();
    const survivor = backend();
    if (survivor === undefined) throw new Error('no backend');

    signalProcess(postmaster.identity, 'SIGKILL');
    await postmaster.exited;
    expect(isRunning(survivor)).toBe(true);
    await killMarked(mark);
    expect(isRunning(survivor)).toBe(false);
  },
);
