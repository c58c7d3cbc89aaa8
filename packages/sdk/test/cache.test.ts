import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Cache, type CacheOptions, createCache } from '../src/cache.ts';
import { createCachedReader } from '../src/cached-reader.ts';
import { eventually } from './support/eventually.ts';
import { createLine, type Line } from './support/line.ts';
import { type RedisServer, startRedis } from './support/redis-server.ts';

const address = '127.205.2.1';
let redis: RedisServer;
let line: Line;
const opened: Cache[] = [];

beforeAll(async () => {
  redis = await startRedis(address);
  line = await createLine({ host: address, port: 6501 }, redis);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((cache) => cache.close()));
  await line.pass();
  await redis.send('FLUSHALL');
});
afterAll(async () => {
  await line.close();
  await redis.close();
});

function open(options: Partial<CacheOptions> = {}): Cache {
  const url = `redis://${line.host}:${line.port}`;
  const cache = createCache({ url, prefix: 'test:', freshMs: 60_000, timeoutMs: 1000, ...options });
  opened.push(cache);
  return cache;
}

const alwaysStale = () => open({ freshMs: 0 });
const outage = () => Promise.reject(new AlwaysOnError('AON_DATABASE', 'gone'));

test('a value is fresh, then stale, then gone', async () => {
  await open().set('a', { n: 1 });
  expect(await open().get('a')).toMatchObject({ value: { n: 1 }, fresh: true });
  expect(await alwaysStale().get('a')).toMatchObject({ value: { n: 1 }, fresh: false });
  const cache = open({ staleMs: 200 });
  await cache.set('a', { n: 1 });
  await eventually('it is gone', async () => (await cache.get('a')) === null);
});

test('dropped keys miss', async () => {
  const cache = open();
  await cache.set('a', 1);
  await cache.set('b', 2);
  await cache.drop(['a', 'b']);
  expect(await cache.get('a')).toBeNull();
  expect(await cache.get('b')).toBeNull();
});

test('without a cache everything misses', async () => {
  const cache = open({ url: undefined });
  await cache.set('a', 1);
  expect(await cache.get('a')).toBeNull();
});

test('a value that nobody can read is a miss', async () => {
  await redis.send('SET', 'test:a', 'no json');
  expect(await open().get('a')).toBeNull();
});

test('a cache that refuses, hangs or comes back never throws and never takes long', async () => {
  const cache = open({ timeoutMs: 150 });
  await eventually('it is filled', async () => {
    await cache.set('a', 1);
    return (await cache.get('a')) !== null;
  });
  await line.hang();
  const startedAt = performance.now();
  for (let n = 0; n < 50; n += 1) expect(await cache.get('a')).toBeNull();
  // Fifty waits of 150 ms would be 7.5 s.
  expect(performance.now() - startedAt).toBeLessThan(3000);
  await line.refuse();
  expect(await cache.get('a')).toBeNull();
  await line.pass();
  await eventually('it hits again', async () => (await cache.get('a'))?.value === 1);
});

test('a cache that is left alone, or was slow, is asked again when the store is away too', async () => {
  const cache = open({ timeoutMs: 150 });
  const reader = createCachedReader(cache);
  await reader.read('a', async () => 'old');
  await line.hang();
  await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key)));
  await line.pass();
  // It answers again, but is still left alone.
  expect(await cache.get('a')).toBeNull();
  expect(await reader.read('a', outage)).toMatchObject({ value: 'old', source: 'stale' });
});

test('an answer that came in time is not late because the process was held up', async () => {
  // Not over the line, which this process itself would have to carry on.
  const cache = open({ url: `redis://${redis.host}:${redis.port}`, timeoutMs: 1000 });
  await eventually('it is filled', async () => {
    await cache.set('a', 1);
    return (await cache.get('a')) !== null;
  });
  await redis.send('CLIENT', 'PAUSE', '300');
  const answer = cache.get('a');
  // The client writes in the next turn; the answer comes while the process is held up.
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
  const until = performance.now() + 2500;
  while (performance.now() < until);
  expect((await answer)?.value).toBe(1);
});

test('many readers of a key cause one load, and the next ones none', async () => {
  const reader = createCachedReader(open());
  let loads = 0;
  const load = async () => {
    loads += 1;
    await sleep(50);
    return 'value';
  };
  const values = await Promise.all(Array.from({ length: 20 }, () => reader.read('a', load)));
  expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['value']));
  expect(await reader.read('a', load)).toMatchObject({ value: 'value', source: 'cache' });
  expect(loads).toBe(1);
});

test('a stale value is served when the store is down or slow, and only then', async () => {
  const cache = alwaysStale();
  const reader = createCachedReader(cache);
  await reader.read('a', async () => 'old');

  expect(await reader.read('a', outage)).toMatchObject({ value: 'old', source: 'stale' });
  await expect(reader.read('a', () => Promise.reject(new Error('a fault')))).rejects.toThrow('a fault');
  let finish = (_value: string) => {};
  const slow = new Promise<string>((resolve) => {
    finish = resolve;
  });
  expect(await reader.read('a', () => slow)).toMatchObject({ value: 'old', source: 'stale' });
  finish('new');
  await eventually('the late answer was kept', async () => (await cache.get('a'))?.value === 'new');
});

test('an outage without a cached value is told, and null is never cached', async () => {
  const reader = createCachedReader(open());
  await expect(reader.read('a', outage)).rejects.toMatchObject({ code: 'AON_DATABASE' });
  expect(await reader.read('a', async () => null)).toMatchObject({ value: null, source: 'store' });
  expect(await reader.read('a', async () => 1)).toMatchObject({ value: 1, source: 'store' });
});

test('a read after a drop does not join one from before it, and what that one finds is not kept', async () => {
  const cache = open();
  const reader = createCachedReader(cache);
  const before = reader.read('a', () => sleep(200).then(() => 'before'));
  await reader.drop(['a']);
  expect(await reader.read('a', async () => 'after')).toMatchObject({ value: 'after' });
  expect(await before).toMatchObject({ value: 'before' });
  expect((await cache.get('a'))?.value).toBe('after');
});
