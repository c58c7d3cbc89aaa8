import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Item, listItems } from '../harness/catalog-load.ts';
import { isWhole, startEnvironment, type TestEnvironment } from '../harness/environment.ts';
import { processesOf } from '../harness/footprint.ts';
import { expectNothingLost, killUnit, killZone } from '../harness/under-load.ts';

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

test('an API process is killed: no safe request fails, no accepted write is lost', async () => {
  const harm = async () => void (await killUnit(environment, (unit) => unit.component === 'api'));
  await expectNothingLost({ environment, items, name: 'kill -9 of an api', harm });
  await environment.until('whole again', isWhole);
});

test('the control plane is killed: nobody notices, and it comes back', async () => {
  const before = (await environment.status()).witness.units[0]?.pid ?? 0;
  const harm = async () => void process.kill(before, 'SIGKILL');
  await expectNothingLost({ environment, items, name: 'kill -9 of the control plane', harm });
  const after = await environment.until('whole again', isWhole);
  expect(after.witness.units[0]?.pid).not.toBe(before);
});

test('the zone of the database writer is killed: the standby takes over, and the zone comes back', async () => {
  const { database } = await environment.status();
  const zone = database.members.find(({ id }) => id === database.writer)?.zone ?? '';
  // The writer's first zone also carries its region's gateway.
  const harm = () => killZone(environment, zone);
  await expectNothingLost({ environment, items, name: `kill -9 of zone ${zone}`, harm, graceMs: 300 });
  const moved = await environment.until(
    'another writer',
    (status) => status.database.writer !== database.writer,
  );
  expect(moved.database.term).toBeGreaterThan(database.term);
  expect((await environment.cli('revive', zone, '--json')).exitCode).toBe(0);
  await environment.until('whole again', isWhole, 120_000);
});

test('down leaves no process and purge no folder', async () => {
  expect((await environment.cli('down', '--purge', '--yes', '--json')).exitCode).toBe(0);
  expect(processesOf(environment.home)).toEqual([]);
});
