import type { Operation } from '@alwayson/protocol/operations.ts';
import { expect, test } from 'vitest';
import { acceptedOf, findDoubled, findLost, writeRequests } from '../harness/catalog-load.ts';
import { isWhole, type TestEnvironment } from '../harness/environment.ts';
import { processesOf } from '../harness/footprint.ts';
import { killIfThere } from '../harness/kill-if-there.ts';
import { describeFailures, failuresOf, startOpenLoop } from '../harness/open-loop.ts';
import {
  allOfTheLoad,
  halfOfTheLoad,
  killUnit,
  loadWhile,
  longestGapMs,
  printEvents,
} from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

const catalog = useCatalog();

/** On two cores that everything shares, clients are slow to come back to the new writer. */
const gapMsMax = 5000;

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

test.each([
  { name: 'half of the load', rates: halfOfTheLoad },
  { name: 'all of the load', rates: allOfTheLoad },
])(
  'the writer is killed under $name: the next one is promoted within 2 s, and writes go on',
  async ({ name, rates }) => {
    const { environment } = catalog;
    const { database } = await environment.status();
    const beganAt = Date.now();
    let killedAt = 0;
    const report = await loadWhile(
      catalog,
      async () => {
        const kill = await killUnit(environment, (unit) => unit.id === database.writer)();
        return () => {
          killedAt = Date.now();
          return kill();
        };
      },
      rates,
    );
    const promotedMs = (await readPromotedAt(environment, beganAt)) - killedAt;
    const gapMs = longestGapMs(report.writes.filter(({ status }) => status === 201));
    process.stdout.write(
      `FIGURE writer killed under ${name}: promoted after ${promotedMs} ms, longest gap between synchronous writes ` +
        `${gapMs.toFixed(0)} ms, ${failuresOf(report.safe).length} of ${report.safe.length} safe requests and ` +
        `${failuresOf(report.writes).length} of ${report.writes.length} writes failed\n`,
    );
    if (promotedMs >= 2000 || gapMs >= gapMsMax) await printEvents(environment, beganAt);
    expect(promotedMs).toBeLessThan(2000);
    expect(gapMs).toBeLessThan(gapMsMax);
    expect(describeFailures(failuresOf(report.safe))).toBe('');
    await environment.until('whole again', isWhole, 120_000);
  },
);

/** When the writer of the failover that began since then took writes, as the control plane measured it. */
async function readPromotedAt(environment: TestEnvironment, since: number): Promise<number> {
  const { stdout } = await environment.cli('ops', '--json');
  const failover = (JSON.parse(stdout) as Operation[]).find(
    ({ kind, startedAt }) => kind === 'database-failover' && Date.parse(startedAt) >= since,
  );
  if (failover === undefined) throw new Error('No failover of the database was begun.');
  return Date.parse(failover.startedAt) + Number(failover.result?.decisionToWritableMs);
}
