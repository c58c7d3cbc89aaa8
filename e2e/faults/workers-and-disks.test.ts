import { join } from 'node:path';
import type { HealthReport } from '@alwayson/protocol/health.ts';
import { expect, test } from 'vitest';
import { acceptedOf, findDoubled, findLost } from '../harness/catalog-load.ts';
import { isWhole, unitsOf } from '../harness/environment.ts';
import { keepFrozen } from '../harness/keep-frozen.ts';
import { keepKilled } from '../harness/keep-killed.ts';
import { measureFault } from '../harness/measure-fault.ts';
import { failuresOf, type LoadResult } from '../harness/open-loop.ts';
import { findMountObstacle, putOnSmallDisk, type SmallDisk } from '../harness/small-disk.ts';
import { useCatalog } from '../harness/use-catalog.ts';
import { watchUntil } from '../harness/watch-until.ts';

/** What works in the background, and what it stands on: users feel nothing of it, and it is seen all the same. */
const catalog = useCatalog();
/** Two seconds are too old; that is looked at every 5 s, and believed after three looks. */
const seenWithinMs = 25_000;

async function entityOf(id: string) {
  const report = await fetch(`${catalog.environment.console}/api/health`, {
    signal: AbortSignal.timeout(2000),
  })
    .then((response) => response.json() as Promise<HealthReport>)
    .catch(() => null);
  return report?.entities.find((entity) => entity.id === id);
}

const isBad = (state: string | undefined) => state === 'degraded' || state === 'unhealthy';

/** Small writes are taken for the queue, whatever the workers do. */
function smallOf(writes: readonly LoadResult[]): LoadResult[] {
  return writes.filter(({ request }) => /\/(comments|ratings)$/.test(request.path));
}

async function expectApplied(writes: readonly LoadResult[]): Promise<void> {
  expect(failuresOf(smallOf(writes))).toEqual([]);
  const accepted = acceptedOf(writes);
  expect(accepted.length).toBeGreaterThan(writes.length / 2);
  expect(await findLost(catalog.environment.frontDoor, accepted, 60_000)).toEqual([]);
  expect(await findDoubled(catalog.environment.frontDoor, catalog.items)).toEqual([]);
}

/** Those of one region alone would hold nothing up: the workers of the other take over what nobody reads. */
test('every worker frozen: what waits grows old and is seen, nobody is evicted, nothing is lost', async () => {
  await catalog.environment.until('whole', isWhole, 120_000);
  let freezing: ReturnType<typeof keepFrozen> | undefined;
  const struckAt = { ms: 0 };
  const backlog = watchUntil(300, async () => {
    const flow = freezing === undefined ? undefined : await entityOf('flow:apply-writes');
    return isBad(flow?.signals.find(({ name }) => name === 'backlog-age')?.state);
  });
  const { safe, writes, evictMs } = await measureFault(catalog, {
    name: 'every worker frozen for 35 s',
    forMs: 35_000,
    strike: () => {
      struckAt.ms = performance.now();
      freezing = keepFrozen(catalog.environment, ({ component }) => component === 'worker');
    },
    undo: async () => {
      await backlog.stop();
      await freezing?.end();
    },
    detectedAt: ['flow:apply-writes'],
    isEvicted: ({ servers }) => servers.some(({ state }) => state !== 'up'),
  });
  const seenMs = backlog.sinceMs === undefined ? null : backlog.sinceMs - struckAt.ms;
  process.stdout.write(`FIGURE every worker frozen: backlog seen after ${seenMs?.toFixed(0)} ms\n`);
  expect(seenMs).not.toBeNull();
  expect(seenMs).toBeLessThan(seenWithinMs);
  expect(evictMs).toBeNull();
  expect(failuresOf(safe)).toEqual([]);
  await expectApplied(writes);
  await catalog.environment.until('whole again', isWhole, 120_000);
  await expect
    .poll(async () => (await entityOf('flow:apply-writes'))?.state, { timeout: 60_000 })
    .toBe('healthy');
});

test('a worker that dies again and again: it is seen, nobody is evicted, what it took is applied once', async () => {
  await catalog.environment.until('whole', isWhole, 120_000);
  let killing: ReturnType<typeof keepKilled> | undefined;
  const { stamps } = await catalog.environment.status();
  const stamp = stamps.find(({ zone }) => zone === 'west-1')?.id ?? '';
  const { safe, writes, detectMs, evictMs } = await measureFault(catalog, {
    name: 'a worker killed again and again for 20 s',
    forMs: 20_000,
    strike: () => {
      killing = keepKilled(
        catalog.environment,
        (unit) => unit.component === 'worker' && unit.stamp === stamp,
      );
    },
    undo: async () => killing?.end(),
    detectedAt: [`stamp:${stamp}/worker`],
    isEvicted: ({ servers }) => servers.some(({ state }) => state !== 'up'),
  });
  expect(detectMs).not.toBeNull();
  expect(evictMs).toBeNull();
  expect(failuresOf(safe)).toEqual([]);
  await expectApplied(writes);
  await catalog.environment.until('whole again', isWhole, 120_000);
});

const obstacle = await findMountObstacle();

test.skipIf(obstacle !== null)(
  `the disk of a database copy is full: it alone is bad, and it is back once there is room${obstacle === null ? '' : ` (${obstacle})`}`,
  async () => {
    const { environment } = catalog;
    await environment.until('whole', isWhole, 120_000);
    const unit = 'pg-east-2';
    let disk: SmallDisk | undefined;
    // Nobody writes there while the zone is dead.
    expect((await environment.cli('kill', 'east-2', '--json')).exitCode).toBe(0);
    try {
      await environment.until('east-2 is dead', ({ regions }) =>
        regions
          .flatMap(({ zones }) => zones)
          .some(({ name, hostPid }) => name === 'east-2' && hostPid === null),
      );
      disk = await putOnSmallDisk(join(environment.home, 'units', 'east-2', unit), 64);
      expect((await environment.cli('revive', 'east-2', '--json')).exitCode).toBe(0);
      const status = await environment.until('whole on a small disk', isWhole, 120_000);
      const pid = unitsOf(status).find(({ id }) => id === unit)?.pid ?? 0;
      const filled = disk;
      const { safe, writes, detectMs } = await measureFault(catalog, {
        name: 'the disk of a database copy is full for 20 s',
        forMs: 20_000,
        strike: async () => {
          await filled.fill();
          // It may live on what it has reserved; what starts on a full disk does not.
          process.kill(pid, 'SIGKILL');
        },
        undo: () => filled.free(),
        detectedAt: [`unit:${unit}`],
      });
      expect(detectMs).not.toBeNull();
      expect([...failuresOf(safe), ...failuresOf(writes)]).toEqual([]);
      await environment.until('whole again, once there is room', isWhole, 120_000);
    } finally {
      await environment.cli('kill', 'east-2', '--json');
      await disk?.remove();
    }
  },
);

// The certificates of a front door have no scenario: there is no TLS yet, so the signal `certificate` has no source.
