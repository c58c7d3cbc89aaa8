import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { processesOf } from '../harness/footprint.ts';
import { expectNothingLost, killUnit, killZone } from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

const catalog = useCatalog();

test('an API process is killed: no safe request fails, no accepted write is lost', async () => {
  const aim = killUnit(catalog.environment, (unit) => unit.component === 'api');
  await expectNothingLost(catalog, { name: 'kill -9 of an api', aim });
  await catalog.environment.until('whole again', isWhole);
});

test('the control plane is killed: nobody notices, and it comes back', async () => {
  const before = (await catalog.environment.status()).witness.units[0]?.pid ?? 0;
  const aim = async () => () => void process.kill(before, 'SIGKILL');
  await expectNothingLost(catalog, { name: 'kill -9 of the control plane', aim });
  const after = await catalog.environment.until('whole again', isWhole);
  expect(after.witness.units[0]?.pid).not.toBe(before);
});

test('the zone of the database writer is killed: the standby takes over, and the zone comes back', async () => {
  const { database } = await catalog.environment.status();
  const zone = database.members.find(({ id }) => id === database.writer)?.zone ?? '';
  // The writer's first zone also carries its region's gateway.
  const aim = killZone(catalog.environment, zone);
  await expectNothingLost(catalog, { name: `kill -9 of zone ${zone}`, aim, graceMs: 300 });
  const moved = await catalog.environment.until(
    'another writer',
    (status) => status.database.writer !== database.writer,
  );
  expect(moved.database.term).toBeGreaterThan(database.term);
  expect((await catalog.environment.cli('revive', zone, '--json')).exitCode).toBe(0);
  await catalog.environment.until('whole again', isWhole, 120_000);
});

test('down leaves no process and purge no folder', async () => {
  expect((await catalog.environment.cli('down', '--purge', '--yes', '--json')).exitCode).toBe(0);
  expect(processesOf(catalog.environment.home)).toEqual([]);
});
