import { expect, test } from 'vitest';
import { createHealthRig } from './health-rig.ts';
import { stampIn, stamps, zoneNames } from './health-world.ts';

test('when all is well everything is healthy, and nothing is told', async () => {
  const rig = createHealthRig();
  expect(rig.health.report()).toBeNull();
  expect(rig.health.state('workload:shop')).toBe('unknown');
  await rig.run(40);
  expect(rig.troubles()).toEqual({});
  expect(rig.health.state('workload:shop')).toBe('healthy');
  expect(rig.health.verdict(stampIn('west-1'))).toEqual({ state: 'healthy', reason: '' });
  const told = rig.events().filter(({ type }) => !type.endsWith('.healthy'));
  expect(told).toEqual([]);
});

test('a killed unit is its stamp, its component and the flows through it; each transition is told once', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const before = rig.events().length;
  rig.world.units.set(`${stampIn('west-1')}-api`, 'exited');
  await rig.run(3);
  expect(rig.troubles()).toMatchObject({
    [`stamp:${stampIn('west-1')}/api`]: 'unhealthy',
    [`stamp:${stampIn('west-1')}`]: 'unhealthy',
    'component:api': 'degraded',
    'flow:list': 'degraded',
    'workload:shop': 'degraded',
  });
  expect(rig.rootCauses('workload:shop')).toEqual([`stamp:${stampIn('west-1')}/api`]);
  rig.world.units.clear();
  await rig.run(30);
  expect(rig.troubles()).toEqual({});
  const told = rig.events().slice(before);
  expect(told.filter(({ entity }) => entity === 'list').map(({ type }) => type)).toEqual([
    'flow.degraded',
    'flow.healthy',
  ]);
  expect(told.filter(({ type }) => type.startsWith('unit.') || type.startsWith('zone.'))).toEqual([]);
  expect(told.find(({ type }) => type === 'workload.degraded')?.data).toMatchObject({
    causePath: ['workload:shop', expect.any(String), expect.any(String), `stamp:${stampIn('west-1')}/api`],
    signals: [{ name: 'process', state: 'unhealthy', reason: 'exited' }],
    modelVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test('stamps of a release without traffic come up badly, and go: they are shown, and nothing above them is worse', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const candidates = stamps.map((stamp) => {
    return { ...stamp, id: `${stamp.zone}-fedcba`, release: 'fedcba9876543210' };
  });
  for (const { id } of candidates) rig.world.contacts.set(id, 'refused');
  rig.world.stamps = [...stamps, ...candidates];
  const before = rig.events().length;
  await rig.run(60);
  const shown = Object.keys(rig.troubles());
  expect(shown).toEqual(expect.arrayContaining(candidates.map(({ id }) => `stamp:${id}`)));
  expect(shown.filter((id) => !id.includes('fedcba'))).toEqual([]);
  rig.world.stamps = stamps;
  await rig.run(2);
  expect(rig.troubles()).toEqual({});
  expect(rig.health.explain('stamp:west-1-fedcba')).toBeUndefined();
  expect(
    rig
      .events()
      .slice(before)
      .map(({ message }) => message),
  ).toEqual([]);
});

test.each(['refused', 'silent'] as const)(
  'a PgBouncer or cache that is %s is seen by its own signal, though its process runs',
  async (kind) => {
    const rig = createHealthRig();
    await rig.run(20);
    rig.world.servers.set('pgbouncer-west-1', kind).set('cache-east', kind);
    await rig.run(15);
    expect(rig.troubles()).toMatchObject({
      'unit:pgbouncer-west-1': 'unhealthy',
      'unit:cache-east': 'unhealthy',
      'store:cache/east': 'unhealthy',
    });
    expect(rig.rootCauses('unit:pgbouncer-west-1')).toEqual(['unit:pgbouncer-west-1']);
    expect(rig.rootCauses('store:cache')).toEqual(['unit:cache-east']);
    rig.world.servers.clear();
    await rig.run(60);
    expect(rig.troubles()).toEqual({});
  },
);

test('a queue that fills up and clients that wait at a door degrade at their threshold, and are worse at the next', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const at = async (memoryUsedRatio: number, waitingMs: number) => {
    rig.world.queues['west'] = { memoryUsedRatio };
    rig.world.waitingMs.set('pgbouncer-east-1', waitingMs);
    await rig.run(40);
    return [rig.health.state('store:queue/west'), rig.health.state('unit:pgbouncer-east-1')];
  };
  expect(await at(0.69, 900)).toEqual(['healthy', 'healthy']);
  expect(await at(0.7, 1000)).toEqual(['degraded', 'degraded']);
  expect(await at(0.9, 4000)).toEqual(['unhealthy', 'unhealthy']);
  expect(await at(0.1, 0)).toEqual(['healthy', 'healthy']);
});

test('what is refused degrades its own flow alone, is explained by the stamp that is lost, and ends with it', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const refused = [{ flow: 'comment', criticality: 'medium' as const, part: 0.3, requestsPerSecond: 12 }];
  rig.world.shares = { ...rig.world.shares, refused };
  await rig.run(3);
  expect(rig.troubles()).toEqual({ 'flow:comment': 'degraded' });
  expect(rig.rootCauses('flow:comment')).toEqual(['flow:comment']);
  expect(rig.health.reason('flow:comment')).toBe('shed is 30 %, degraded above 0 %');
  const [first] = refused;
  rig.world.shares.refused = [{ ...first, part: 0.5 } as (typeof refused)[number]];
  await rig.run(3);
  expect(rig.health.state('flow:comment')).toBe('unhealthy');
  rig.world.units.set(`${stampIn('west-1')}-api`, 'exited');
  const lost = { id: stampIn('west-1'), class: 'hard' } as (typeof rig.world.shares.stamps)[number];
  rig.world.shares.stamps = [lost];
  await rig.run(3);
  expect(rig.rootCauses('flow:comment')).toEqual([`stamp:${stampIn('west-1')}/api`]);
  rig.world.units.clear();
  rig.world.shares = { ...rig.world.shares, stamps: [], refused: [] };
  await rig.run(30);
  expect(rig.troubles()).toEqual({});
});

test.each(['refused', 'silent'] as const)('a zone whose host is %s is one root cause', async (contact) => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.zones.set('west-2', contact);
  rig.world.unobserved.add('west');
  rig.world.database['pg-west-1'] = { state: 'degraded', reason: 'writes have one copy only' };
  rig.world.database['pg-west-2'] = { state: 'unhealthy', reason: 'it does not answer' };
  rig.world.queues['west'] = { state: 'degraded', copies: 1, reason: 'one copy' };
  await rig.run(8);
  expect(rig.troubles()).toMatchObject({
    'host:west-2': 'unhealthy',
    'zone:west-2': 'unhealthy',
    'region:west': 'degraded',
    [`stamp:${stampIn('west-2')}`]: 'unhealthy',
    'component:api': 'degraded',
    'store:queue/west': 'degraded',
    'workload:shop': 'degraded',
  });
  expect(rig.rootCauses('workload:shop')).toEqual(['host:west-2']);
  await rig.run(30);
  expect(rig.rootCauses('workload:shop')).toEqual(['host:west-2']);
  expect(rig.rootCauses(`stamp:${stampIn('west-2')}`)).toEqual(['host:west-2']);
});

test('the zone of gateway, writer and queue is one root cause too', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.zones.set('west-1', 'refused');
  for (const zone of zoneNames) {
    const isWriter = zone === 'west-1';
    rig.world.database[`pg-${zone}`] = isWriter
      ? { state: 'unhealthy', reason: 'its process is gone' }
      : { state: 'degraded', reason: 'not following the writer' };
  }
  rig.world.queues['west'] = { state: 'unhealthy', reason: 'west-1 does not answer' };
  rig.world.failingProbes.add('list');
  await rig.run(30);
  expect(rig.health.state('workload:shop')).toBe('unhealthy');
  for (const id of ['workload:shop', 'flow:list', 'store:queue', 'region:west', 'front-door:shop'])
    expect(rig.rootCauses(id)).toEqual(['host:west-1']);
});

test('a database that is gone is felt by flows; stamps see it and stay', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const gone = { state: 'unhealthy', reason: 'it does not answer' } as const;
  for (const zone of zoneNames) {
    rig.world.database[`pg-${zone}`] = zone === 'west-1' ? gone : { state: 'degraded', reason: 'detached' };
    rig.world.checks.set(stampIn(zone), [
      { component: 'database', status: 'unhealthy', durationMs: 1, scope: 'global', reason: 'refused' },
    ]);
  }
  rig.world.failingProbes.add('list');
  for (const zone of zoneNames) rig.world.failingProbes.add(`list ${stampIn(zone)}`);
  await rig.run(25);
  expect(rig.troubles()).toMatchObject({
    'store:database': 'unhealthy',
    'flow:list': 'unhealthy',
    'flow:apply': 'unhealthy',
    'workload:shop': 'unhealthy',
  });
  expect(rig.health.state('flow:comment')).toBe('healthy');
  const causes = ['unit:pg-west-1'];
  for (const id of ['workload:shop', 'flow:list', 'store:database'])
    expect(rig.rootCauses(id)).toEqual(causes);
  for (const zone of zoneNames) {
    expect(rig.health.state(`stamp:${stampIn(zone)}`)).toBe('degraded');
    expect(rig.rootCauses(`stamp:${stampIn(zone)}`)).toEqual(causes);
    expect(rig.health.verdict(stampIn(zone))).toMatchObject({ state: 'healthy' });
  }
});

test('a frozen process is told by its host and by its agent; a frozen agent after two silences', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.units.set(`${stampIn('east-1')}-api`, 'failing');
  rig.world.contacts.set(stampIn('west-2'), 'silent');
  await rig.run(2);
  expect(rig.health.state(`stamp:${stampIn('west-2')}`)).toBe('healthy');
  await rig.run(3);
  expect(rig.health.state(`stamp:${stampIn('east-1')}/api`)).toBe('unhealthy');
  expect(rig.health.state(`stamp:${stampIn('west-2')}`)).toBe('unhealthy');
  expect(rig.health.verdict(stampIn('west-2'))).toEqual({
    state: 'unhealthy',
    reason: 'report: its agent does not answer',
  });
});

test('a stamp with one bad route is the root cause of the flow that suffers', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  const bad = stampIn('east-2');
  rig.world.errors.set(`list ${bad}`, 40);
  rig.world.failingProbes.add(`list ${bad}`);
  await rig.run(25);
  expect(rig.health.state(`stamp:${bad}`)).toBe('degraded');
  expect(rig.health.state('flow:list')).toBe('unhealthy');
  expect(rig.health.state('flow:comment')).toBe('healthy');
  expect(rig.rootCauses('flow:list')).toEqual([`stamp:${bad}`]);
  for (const zone of ['west-1', 'west-2', 'east-1'])
    expect(rig.health.state(`stamp:${stampIn(zone)}`)).toBe('healthy');
  expect(rig.health.verdict(bad)?.state).toBe('degraded');
});

test('what the comparison of siblings finds is shown, and not told back to whoever compares', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.gray.add(stampIn('west-1'));
  await rig.run(2);
  expect(rig.health.explain(`stamp:${stampIn('west-1')}`)?.entity).toMatchObject({
    state: 'unhealthy',
    flags: ['gray'],
  });
  expect(rig.health.verdict(stampIn('west-1'))?.state).toBe('healthy');
});

test('a worker that lags is seen by the age of its work', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.queues['west'] = { depth: 50, oldestAgeMs: 9000 };
  await rig.run(16);
  expect(rig.health.explain('flow:apply')).toMatchObject({
    entity: { state: 'degraded', rootCauses: ['flow:apply'] },
    because: [expect.stringContaining('backlog-age')],
  });
  rig.world.queues['west'] = { depth: 500, oldestAgeMs: 30_000 };
  await rig.run(16);
  expect(rig.health.state('flow:apply')).toBe('unhealthy');
});

test('a full disk is its host, after three measurements', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.resources.set('east-1', { diskUsedRatio: 0.99, descriptorsUsedRatio: 0.01 });
  await rig.run(15);
  expect(rig.health.state('host:east-1')).toBe('healthy');
  await rig.run(20);
  expect(rig.troubles()).toMatchObject({ 'host:east-1': 'unhealthy', 'zone:east-1': 'unhealthy' });
  expect(rig.rootCauses('zone:east-1')).toEqual(['host:east-1']);
});

test('a gateway without the committed routes is degraded; observers that are gone leave flows as they were last seen', async () => {
  const rig = createHealthRig();
  await rig.run(20);
  rig.world.outOfForce.add('west');
  await rig.run(16);
  expect(rig.health.state('unit:gateway-west')).toBe('degraded');
  rig.world.outOfForce.clear();
  for (const region of ['west', 'east']) {
    rig.world.unobserved.add(region);
    rig.world.units.set(`observer-${region}`, 'exited');
  }
  await rig.run(60);
  const report = rig.health.report();
  expect(report?.blindObservers).toContain('observers');
  const probe = report?.entities
    .find(({ id }) => id === 'flow:list')
    ?.signals.find(({ name }) => name === 'probe');
  expect(probe?.state).toBe('healthy');
  expect(rig.rootCauses('flow:list')).toEqual(['unit:observer-west']);
});
