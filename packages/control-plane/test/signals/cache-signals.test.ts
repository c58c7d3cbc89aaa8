import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderCacheConfig } from '@alwayson/engines/redis/cache-config.ts';
import { connectRedis } from '@alwayson/engines/redis/connect-redis.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyCaches } from '../../src/recovery/empty-caches.ts';
import { createCacheSignals } from '../../src/signals/cache-signals.ts';
import { environmentOf, manifestOf, recordingPlacement } from '../api/fixtures.ts';

const address = '127.203.72.2';
const password = 'secret';
const server = { address, port: zonePorts.redisCache, password };
const dir = mkdtempSync(join(tmpdir(), 'aon-cache-'));
let redis: ChildProcess;

async function startCache(): Promise<void> {
  writeFileSync(join(dir, 'redis.conf'), renderCacheConfig(server));
  redis = spawn('redis-server', ['redis.conf'], { cwd: dir, stdio: 'ignore' });
  for (let n = 0; n < 400; n += 1) {
    const connection = await connectRedis(server, 500).catch(() => null);
    if (connection !== null) return connection.close();
    await sleep(25);
  }
  throw new Error('The cache does not start.');
}

async function stopCache(): Promise<void> {
  const gone = new Promise((resolve) => redis.once('exit', resolve));
  if (redis.kill('SIGKILL')) await gone;
}

beforeAll(startCache);
afterAll(async () => {
  await stopCache();
  rmSync(dir, { recursive: true, force: true });
});

function createSignals() {
  let clock = 1_000_000;
  let isHostThere = true;
  const zones = [
    { name: 'west-1', region: 'west', address: '127.203.72.1' },
    { name: 'west-2', region: 'west', address },
  ];
  const signals = createCacheSignals({
    environment: { ...environmentOf(), zones, passwords: { ...environmentOf().passwords, redis: password } },
    manifest: Manifest.parse({ ...manifestOf(), stores: [{ name: 'cache', kind: 'cache' }] }),
    placement: {
      ...recordingPlacement(),
      observe: (name) =>
        ({ zone: name, contact: isHostThere ? 'connected' : 'refused', host: null }) as never,
    },
    records: {} as never,
    journal: {} as never,
    now: () => clock,
  });
  return {
    signals,
    /** What a tick so much later makes of it. */
    async after(ms: number) {
      clock += ms;
      await signals.tick(new AbortController().signal);
      const answer = signals.answer('west');
      return answer === null ? null : { kind: answer.kind, ageMs: clock - answer.at };
    },
    loseHost: () => (isHostThere = false),
  };
}

test('after a restore every cache is emptied, and one that is not there is told', async () => {
  const environment = {
    ...environmentOf(),
    zones: ['west-1', 'west-2'].map((name) => ({ name, region: 'west', address })),
    passwords: { ...environmentOf().passwords, redis: password },
  };
  const manifest = Manifest.parse({ ...manifestOf(), stores: [{ name: 'cache', kind: 'cache' }] });
  const connection = await connectRedis(server, 500);
  await Promise.all(Array.from({ length: 2500 }, (_, n) => connection.send(['SET', `key:${n}`, 'old'])));
  expect(await emptyCaches({ environment, manifest })).toMatchObject({ name: 'caches', state: 'pass' });
  expect(await connection.send(['DBSIZE'])).toBe(0);
  connection.close();
  const passwords = { ...environment.passwords, redis: 'another' };
  expect(await emptyCaches({ environment: { ...environment, passwords }, manifest })).toMatchObject({
    state: 'warn',
    detail: expect.stringContaining('west'),
  });
});

test('a cache is asked every 5 s over one connection; one that is frozen is silent, though it takes connections', async () => {
  const { signals, after } = createSignals();
  expect(signals.answer('west')).toBeNull();
  expect(await after(0)).toEqual({ kind: 'answered', ageMs: 0 });
  expect(await after(3000)).toEqual({ kind: 'answered', ageMs: 3000 });
  const watcher = await connectRedis(server, 500);
  const connectionsOf = async () =>
    /total_connections_received:(\d+)/.exec(String(await watcher.send(['INFO', 'stats'])))?.[1];
  const before = await connectionsOf();
  for (let n = 0; n < 5; n += 1) expect(await after(5000)).toEqual({ kind: 'answered', ageMs: 0 });
  expect(await connectionsOf()).toBe(before);
  watcher.close();
  redis.kill('SIGSTOP');
  expect(await after(5000)).toEqual({ kind: 'silent', ageMs: 0 });
  // Asked again soon.
  expect(await after(2000)).toEqual({ kind: 'silent', ageMs: 0 });
  redis.kill('SIGCONT');
  expect(await after(2000)).toEqual({ kind: 'answered', ageMs: 0 });
  await signals.close();
});

test('a cache that refuses what it is given is wrong, one without a process refused, and one without a host not asked', async () => {
  const { signals, after, loseHost } = createSignals();
  const admin = await connectRedis(server, 500);
  await admin.send(['CONFIG', 'SET', 'min-replicas-to-write', '1']);
  expect((await after(0))?.kind).toBe('wrong');
  expect(signals.answer('west')?.reason).toMatch(/NOREPLICAS/);
  await admin.send(['CONFIG', 'SET', 'min-replicas-to-write', '0']);
  expect((await after(5000))?.kind).toBe('answered');
  admin.close();
  await stopCache();
  await after(5000);
  expect((await after(5000))?.kind).toBe('refused');
  loseHost();
  expect(await after(5000)).toEqual({ kind: 'refused', ageMs: 5000 });
  await signals.close();
});
