import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { createReadiness } from '../src/readiness.ts';
import { warmUp } from '../src/warm-up.ts';

function createCounted() {
  const server = fastify();
  const counts = new Map<string, number>();
  server.get('/*', async (request) => {
    counts.set(request.url, (counts.get(request.url) ?? 0) + 1);
    return {};
  });
  return { server, counts };
}

test('what has to be opened is opened first, and tried again until it works', async () => {
  const { server, counts } = createCounted();
  let tries = 0;
  const prepare = async () => {
    tries += 1;
    expect(counts.size).toBe(0);
    if (tries < 3) throw new Error('not there yet');
  };
  await warmUp(server, { paths: ['/items', '/items/1'], prepare, rounds: 5 });
  expect(tries).toBe(3);
  expect([...counts]).toEqual([
    ['/items', 5],
    ['/items/1', 5],
  ]);
});

test('a store that stays away keeps a process away for a bounded time only', async () => {
  const { server, counts } = createCounted();
  const prepare = () => Promise.reject(new Error('no store'));
  await expect(warmUp(server, { paths: ['/items'], prepare, withinMs: 300 })).rejects.toThrow('no store');
  expect(counts.size).toBe(0);
});

test('a process that is held is not ready until it is released', () => {
  const readiness = createReadiness();
  const release = readiness.hold('warming up');
  expect(readiness.report()).toMatchObject({ ready: false, reason: 'warming up' });
  release();
  expect(readiness.report()).toMatchObject({ ready: true });
});
