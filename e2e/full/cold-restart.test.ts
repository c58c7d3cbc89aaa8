import { expect, test } from 'vitest';
import { acceptedOf, findDoubled, findLost, writeRequests } from '../harness/catalog-load.ts';
import { isWhole } from '../harness/environment.ts';
import { processesOf } from '../harness/footprint.ts';
import { killIfThere } from '../harness/kill-if-there.ts';
import { startOpenLoop } from '../harness/open-loop.ts';
import { killUnit, loadWhile, longestGapMs } from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

const catalog = useCatalog();

test('SIGKILL of everything at once, then up: every acknowledged write is there, none twice', async () => {
  const writes = startOpenLoop({
    url: catalog.environment.frontDoor,
    requestsPerSecond: 100,
    next: writeRequests(catalog.items, catalog.environment.apiKey),
    timeoutMs: 3000,
  });
  await catalog.environment.until('writes flow', () => writes.elapsedMs() > 5000);
  for (const pid of processesOf(catalog.environment.home)) killIfThere(pid);
  const accepted = acceptedOf(await writes.stop());
  // A fresh estate is cold: its first seconds are slow. There must be enough to lose, no more is asked here.
  expect(accepted.length).toBeGreaterThan(100);

  const startedAt = Date.now();
  expect((await catalog.environment.cli('up', '--detach', '--json')).exitCode).toBe(0);
  process.stdout.write(
    `FIGURE cold restart after SIGKILL of everything: ${(Date.now() - startedAt) / 1000} s\n`,
  );
  await catalog.environment.until('whole again', isWhole, 120_000);
  expect(await findLost(catalog.environment.frontDoor, accepted, 60_000)).toEqual([]);
  expect(await findDoubled(catalog.environment.frontDoor, catalog.items)).toEqual([]);
});

test('the writer is killed: the longest gap between acknowledged synchronous writes', async () => {
  const { database } = await catalog.environment.status();
  const aim = killUnit(catalog.environment, (unit) => unit.id === database.writer);
  const report = await loadWhile(catalog, aim);
  const synchronous = report.writes.filter(({ status }) => status === 201);
  const gapMs = longestGapMs(synchronous);
  process.stdout.write(
    `FIGURE writer killed: longest gap between synchronous writes ${gapMs.toFixed(0)} ms\n`,
  );
  expect(gapMs).toBeLessThan(2000);
  await catalog.environment.until('whole again', isWhole, 120_000);
});
