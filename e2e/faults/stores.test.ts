import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { keepKilled } from '../harness/keep-killed.ts';
import { measureFault } from '../harness/measure-fault.ts';
import { failuresOf } from '../harness/open-loop.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** Outages that all stamps share: they evict nobody, and cost only what cannot do without. */
const catalog = useCatalog();

async function serverStates(): Promise<string[]> {
  const { stamps } = await catalog.environment.status();
  return stamps.map(({ share }) => (share > 0 ? 'routed' : 'evicted'));
}

test('database gone for 60 s', async () => {
  await catalog.environment.until('whole', isWhole, 120_000);
  let killing: ReturnType<typeof keepKilled> | undefined;
  const shares: string[] = [];
  const { safe, writes, struckAtMs } = await measureFault(catalog, {
    name: 'database gone for 60 s',
    forMs: 60_000,
    strike: () => {
      killing = keepKilled(catalog.environment, ({ kind }) => kind === 'postgres');
    },
    undo: async () => {
      shares.push(...(await serverStates()));
      await killing?.end();
    },
    detectedAt: ['store:database'],
  });
  expect(shares).toEqual(['routed', 'routed', 'routed', 'routed']);
  // Reads go on from caches; what was never read may not be there.
  const failed = failuresOf(safe.filter(({ dueMs }) => dueMs > struckAtMs));
  expect(failed.length).toBeLessThan(safe.length * 0.01);
  const later = writes.filter(({ dueMs }) => dueMs > struckAtMs + 1000);
  const small = later.filter(({ request }) => /\/(comments|ratings)$/.test(request.path));
  expect(failuresOf(small)).toEqual([]);
  const changes = later.filter((write) => !small.includes(write));
  const refused = failuresOf(changes);
  expect(refused.length).toBeGreaterThan(changes.length * 0.8);
  for (const { status, headers, latencyMs } of refused) {
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
    expect(latencyMs).toBeLessThan(6000);
  }
  await catalog.environment.until('whole again', isWhole, 180_000);
});

test('cache gone', async () => {
  await catalog.environment.until('whole', isWhole, 180_000);
  let killing: ReturnType<typeof keepKilled> | undefined;
  const { safe } = await measureFault(catalog, {
    name: 'both caches gone for 15 s',
    forMs: 15_000,
    strike: () => {
      killing = keepKilled(catalog.environment, ({ kind }) => kind === 'redis-cache');
    },
    undo: async () => killing?.end(),
    detectedAt: ['store:cache', 'store:cache/west'],
  });
  expect(failuresOf(safe)).toEqual([]);
  await catalog.environment.until('whole again', isWhole, 120_000);
});

test('queue gone in one region', async () => {
  await catalog.environment.until('whole', isWhole, 180_000);
  let killing: ReturnType<typeof keepKilled> | undefined;
  const { safe, writes, struckAtMs } = await measureFault(catalog, {
    name: 'queue of west gone for 15 s',
    forMs: 15_000,
    strike: () => {
      killing = keepKilled(
        catalog.environment,
        ({ kind, region }) => kind === 'redis-queue' && region === 'west',
      );
    },
    undo: async () => killing?.end(),
    detectedAt: ['store:queue', 'store:queue/west'],
  });
  expect(failuresOf(safe)).toEqual([]);
  // Writes that were on their way may have to be repeated; later ones go to the other region.
  expect(failuresOf(writes.filter(({ dueMs }) => dueMs > struckAtMs + 3000))).toEqual([]);
  await catalog.environment.until('whole again', isWhole, 120_000);
});
