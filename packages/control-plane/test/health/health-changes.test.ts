import { expect, test } from 'vitest';
import { createHealthRig } from './health-rig.ts';
import { stampIn } from './health-world.ts';

test('a bring-up tells nothing, and leaves nothing behind when it is done', async () => {
  const rig = createHealthRig();
  rig.world.broughtUp = false;
  rig.world.units.set(`${stampIn('west-1')}-api`, 'starting');
  rig.world.contacts.set(stampIn('west-1'), 'refused');
  await rig.run(20);
  expect(rig.health.explain(`stamp:${stampIn('west-1')}`)?.entity).toMatchObject({
    state: 'unhealthy',
    flags: ['starting'],
  });
  rig.world.units.clear();
  rig.world.contacts.clear();
  rig.world.nowMs += 2000;
  rig.world.broughtUp = true;
  expect(rig.health.state('workload:shop')).toBe('healthy');
  expect(rig.troubles()).toEqual({});
  await rig.run(20);
  expect(rig.events()).toEqual([]);
});

test('other stamps make another model, which keeps what it knows of the rest', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const before = rig.health.report()?.modelVersion;
  rig.world.stamps = rig.world.stamps.slice(1);
  await rig.run(1);
  expect(rig.health.report()?.modelVersion).not.toBe(before);
  expect(rig.health.state(`stamp:${stampIn('west-1')}`)).toBe('unknown');
  expect(rig.health.state(`stamp:${stampIn('east-1')}`)).toBe('healthy');
  expect(rig.events().filter(({ type }) => type === 'health.unmatched')).toEqual([]);
});

test('a switch is a flag: a drained stamp is capacity that is not there', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const target = { kind: 'stamp', name: stampIn('east-1') };
  const item = {
    id: '1',
    target,
    action: 'drain',
    reason: 'work',
    owner: 'me',
    since: '2026-01-01T00:00:00Z',
  };
  rig.records.commit('switches', 0, [item]);
  await rig.run(2);
  expect(rig.health.explain(`stamp:${stampIn('east-1')}`)?.entity.flags).toEqual(['draining']);
  expect(rig.health.explain('component:api')?.entity).toMatchObject({
    state: 'degraded',
    reason: expect.stringContaining('3 of 4'),
  });
});
