import { expect, test } from 'vitest';
import { groupOf, isWhole, unitsOf } from '../harness/environment.ts';
import { measureFault } from '../harness/measure-fault.ts';
import { delayRequests, failRequests, type Misbehaviour } from '../harness/misbehave.ts';
import { failuresOf, type LoadResult } from '../harness/open-loop.ts';
import { untilSettled } from '../harness/until-settled.ts';
import { useCatalog } from '../harness/use-catalog.ts';
import { isAvoided } from '../harness/watch-stamps.ts';

/** Faults of stamps, hard and gray, and of all stamps of a region (health.md 3.4). */
const catalog = useCatalog();
const reads = ['list-items', 'view-item'];

async function findStamp(zone: string): Promise<{ id: string; api: number }> {
  await untilSettled(catalog.environment);
  const status = await catalog.environment.until('whole', isWhole, 120_000);
  const id = status.stamps.find((stamp) => stamp.zone === zone)?.id ?? '';
  const api = unitsOf(status).find((unit) => unit.stamp === id && unit.component === 'api')?.pid;
  if (api == null) throw new Error(`The stamp of ${zone} has no api.`);
  return { id, api };
}

/** Failed safe requests that were sent later than this after the strike. */
function failedAfter(results: readonly LoadResult[], atMs: number): LoadResult[] {
  return failuresOf(results).filter(({ dueMs }) => dueMs > atMs);
}

test("SIGSTOP of one stamp's api", async () => {
  const { id, api } = await findStamp('west-2');
  const { evictMs, safe, struckAtMs } = await measureFault(catalog, {
    name: "SIGSTOP of one stamp's api",
    forMs: 12_000,
    strike: () => void process.kill(api, 'SIGSTOP'),
    undo: () => void process.kill(api, 'SIGCONT'),
    detectedAt: [`stamp:${id}`, `stamp:${id}/api`],
    isEvicted: (report) => isAvoided(report, id, { component: 'api', flows: reads }),
  });
  expect(evictMs).not.toBeNull();
  expect(failedAfter(safe, struckAtMs + (evictMs ?? 0) + 500)).toEqual([]);
});

test('SIGSTOP of a whole zone', async () => {
  const { id } = await findStamp('east-2');
  const { regions } = await catalog.environment.status();
  const host = regions.flatMap(({ zones }) => zones).find(({ name }) => name === 'east-2')?.hostPid ?? 0;
  const group = groupOf(host);
  const { evictMs, safe, struckAtMs } = await measureFault(catalog, {
    name: 'SIGSTOP of zone east-2',
    forMs: 15_000,
    strike: () => void process.kill(-group, 'SIGSTOP'),
    undo: () => void process.kill(-group, 'SIGCONT'),
    detectedAt: ['zone:east-2', 'host:east-2', `stamp:${id}`],
    isEvicted: (report) => isAvoided(report, id, { component: 'api', flows: reads }),
  });
  expect(evictMs).not.toBeNull();
  expect(failedAfter(safe, struckAtMs + (evictMs ?? 0) + 1000)).toEqual([]);
});

async function expectGrayFound(name: string, misbehave: (pid: number) => Promise<Misbehaviour>) {
  const { id, api } = await findStamp('west-1');
  let misbehaviour: Misbehaviour | undefined;
  const report = await measureFault(catalog, {
    name,
    beforeMs: 15_000,
    forMs: 45_000,
    strike: async () => {
      misbehaviour = await misbehave(api);
    },
    undo: async () => misbehaviour?.end(),
    detectedAt: [`stamp:${id}`, `stamp:${id}/api`],
    isEvicted: (seen) => isAvoided(seen, id, { component: 'api', flows: ['view-item'] }),
  });
  expect(report.evictMs).not.toBeNull();
  return report;
}

test('40 % errors from one stamp on one route', async () => {
  const { evictMs, safe, struckAtMs } = await expectGrayFound('40 % errors on one route of a stamp', (pid) =>
    failRequests(pid, { path: '/comments', part: 0.4 }),
  );
  // A trial now and then finds it bad still.
  const late = failedAfter(safe, struckAtMs + (evictMs ?? 0) + 1000);
  expect(late.length).toBeLessThan(20);
});

test('+800 ms on one stamp', async () => {
  await expectGrayFound('+800 ms on one stamp', (pid) => delayRequests(pid, 800));
});

test('all stamps of a region bad: the other one serves', async () => {
  const stamps = [await findStamp('west-1'), await findStamp('west-2')];
  const { evictMs, safe, struckAtMs } = await measureFault(catalog, {
    name: 'SIGSTOP of all apis of a region',
    forMs: 12_000,
    strike: () => stamps.forEach(({ api }) => void process.kill(api, 'SIGSTOP')),
    undo: () => stamps.forEach(({ api }) => void process.kill(api, 'SIGCONT')),
    detectedAt: stamps.map(({ id }) => `stamp:${id}`),
    isEvicted: (report) =>
      stamps.every(({ id }) => isAvoided(report, id, { component: 'api', flows: reads })),
  });
  expect(evictMs).not.toBeNull();
  expect(failedAfter(safe, struckAtMs + (evictMs ?? 0) + 1000)).toEqual([]);
});
