import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acceptedOf,
  findDoubled,
  findLost,
  type Item,
  listItems,
  safeRequests,
  writeRequests,
} from '../harness/catalog-load.ts';
import { groupOf, isWhole, startEnvironment, type TestEnvironment, unitsOf } from '../harness/environment.ts';
import { describeFailures, failuresOf, percentile, startOpenLoop } from '../harness/open-loop.ts';

let environment: TestEnvironment;
let items: Item[];

beforeAll(async () => {
  environment = await startEnvironment();
  await environment.until('whole after up', isWhole, 120_000);
  items = await listItems(environment.frontDoor);
});

afterAll(async () => {
  await environment?.down();
});

/** 200 safe requests/s and 50 writes/s while `harm` is done; returns what clients saw. */
async function underLoad(harm: () => Promise<void>) {
  const { frontDoor: url, apiKey } = environment;
  const safe = startOpenLoop({ url, requestsPerSecond: 200, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 50, next: writeRequests(items, apiKey) });
  await sleep(2000); // the load's own warm-up, part of the measure
  const harmedAtMs = safe.elapsedMs();
  await harm();
  await sleep(6000); // how long the effect is watched, part of the measure
  const [safeResults, writeResults] = await Promise.all([safe.stop(), writes.stop()]);
  return { safeResults, writeResults, harmedAtMs };
}

async function expectNothingLost(name: string, harm: () => Promise<void>, graceMs = 0) {
  const { safeResults, writeResults, harmedAtMs } = await underLoad(harm);
  const failures = failuresOf(safeResults).filter(
    ({ dueMs }) => dueMs < harmedAtMs - 50 || dueMs > harmedAtMs + graceMs,
  );
  const accepted = acceptedOf(writeResults);
  const lost = await findLost(environment.frontDoor, accepted);
  const p99 = percentile(
    safeResults.map(({ latencyMs }) => latencyMs),
    0.99,
  );
  process.stdout.write(
    `${name}: ${safeResults.length} safe, ${failures.length} failed, p99 ${p99.toFixed(0)} ms; ` +
      `${accepted.length} of ${writeResults.length} writes accepted, ${lost.length} lost\n`,
  );
  expect(describeFailures(failures)).toBe('');
  expect(describeFailures(lost)).toBe('');
  expect(await findDoubled(environment.frontDoor, items)).toEqual([]);
}

async function kill9(choose: (unit: ReturnType<typeof unitsOf>[number]) => boolean): Promise<void> {
  const unit = unitsOf(await environment.status()).find(choose);
  if (unit?.pid == null) throw new Error('No such unit runs.');
  process.kill(unit.pid, 'SIGKILL');
}

test('an API process is killed: no safe request fails, no accepted write is lost', async () => {
  await expectNothingLost('kill -9 api', () => kill9((unit) => unit.component === 'api'));
  await environment.until('whole again', isWhole);
});

test('a gateway is killed: nothing fails after 300 ms', async () => {
  await expectNothingLost('kill -9 gateway', () => kill9((unit) => unit.kind === 'gateway'), 300);
  await environment.until('whole again', isWhole);
});

test('the control plane is killed: nobody notices, and it comes back', async () => {
  const before = (await environment.status()).witness.units[0]?.pid ?? 0;
  await expectNothingLost('kill -9 control plane', async () => {
    process.kill(before, 'SIGKILL');
  });
  const after = await environment.until('whole again', isWhole);
  expect(after.witness.units[0]?.pid).not.toBe(before);
});

test('the zone of the database writer is killed: the standby takes over, and the zone comes back', async () => {
  const status = await environment.status();
  const writer = status.database.members.find((member) => member.id === status.database.writer);
  const zone = status.regions
    .flatMap((region) => region.zones)
    .find((candidate) => candidate.name === writer?.zone);
  const hasGateway = zone?.units.some((unit) => unit.kind === 'gateway') ?? false;
  await expectNothingLost(
    `kill -9 zone ${zone?.name}`,
    async () => {
      process.kill(-groupOf(zone?.hostPid ?? 0), 'SIGKILL');
    },
    hasGateway ? 300 : 0,
  );
  const moved = await environment.until('another writer', ({ database }) => database.writer !== writer?.id);
  expect(moved.database.term).toBeGreaterThan(status.database.term);
  const revived = await environment.cli('revive', zone?.name ?? '', '--json');
  expect(revived.exitCode).toBe(0);
  await environment.until('whole again', isWhole, 120_000);
});
