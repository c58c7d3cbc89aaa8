import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createHealthRig } from './health-rig.ts';
import { createWorld, stampIn, zoneNames } from './health-world.ts';

test('a restarted control plane goes on with what was known', async () => {
  const world = createWorld();
  const before = createHealthRig({ world });
  await before.run(20);
  world.units.set(`${stampIn('west-1')}-api`, 'exited');
  await before.run(5);
  const since = before.health.explain('flow:list')?.entity.since;
  await before.health.close();

  for (const zone of [...zoneNames, 'witness']) world.zones.set(zone, 'unknown');
  world.nowMs += 600_000;
  const after = createHealthRig({ world, memoryFile: before.memoryFile });
  await after.run(1);
  expect(after.health.explain('flow:list')?.entity).toMatchObject({ state: 'degraded', since });
  world.zones.clear();
  await after.run(5);
  expect(after.health.explain('flow:list')?.entity).toMatchObject({ state: 'degraded', since });
  expect(after.events()).toEqual([]);
});

test.each([
  ['damaged', (text: string) => text.slice(0, 200)],
  ['of another format', (text: string) => text.replace('"format":1', '"format":2')],
  ['short of a column', (text: string) => text.replace('"badRun":[', '"badRun":[7,')],
  ['of the future', (text: string) => text.replace(/"at":\d{13}/, '"at":9999999999999')],
])('a memory that is %s is told and left alone', async (_, spoil) => {
  const world = createWorld();
  const before = createHealthRig({ world });
  await before.run(20);
  await before.health.close();
  writeFileSync(before.memoryFile, spoil(readFileSync(before.memoryFile, 'utf8')));
  const after = createHealthRig({ world, memoryFile: before.memoryFile });
  expect(after.events().map(({ type }) => type)).toEqual(['health.memory-ignored']);
  await after.run(10);
  expect(after.health.state('workload:shop')).toBe('healthy');
});

test('the memory is written every half a minute', async () => {
  const rig = createHealthRig();
  await rig.run(29);
  expect(() => readFileSync(rig.memoryFile)).toThrow('ENOENT');
  await rig.run(2);
  expect(JSON.parse(readFileSync(rig.memoryFile, 'utf8'))).toMatchObject({ format: 1 });
});
