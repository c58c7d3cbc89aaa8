import { Manifest } from '@alwayson/protocol/manifest.ts';
import { HealthReport } from '@alwayson/protocol/health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { expect, test } from 'vitest';
import type { StampPlan } from '../../src/estate/stamps.ts';
import { buildHealthModel } from '../../src/health/build-health-model.ts';
import { describeHealth } from '../../src/health/describe-health.ts';
import { findModelFaults } from '../../src/health/find-model-faults.ts';
import type { HealthModelInput } from '../../src/health/health-model-input.ts';
import { HealthLab, type Told } from './health-lab.ts';

const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node'], routes: ['/api/'] },
    { name: 'worker', command: ['node'] },
  ],
  stores: [
    { name: 'database', kind: 'relational' },
    { name: 'queue', kind: 'queue' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [
    { name: 'comment', requests: [{ path: '/api/comments' }], path: ['api', 'queue'] },
    {
      name: 'list',
      criticality: 'high',
      requests: [{ path: '/api/**' }],
      path: ['api', 'cache', 'database'],
      probe: { path: '/api/items' },
    },
    { name: 'apply', kind: 'system', path: ['queue', 'worker', 'database'] },
  ],
  dependencies: [
    { from: 'api', to: 'database', kind: 'soft' },
    { from: 'api', to: 'cache', kind: 'soft' },
    { from: 'api', to: 'queue' },
    { from: 'worker', to: 'queue' },
    { from: 'worker', to: 'database' },
  ],
});
const regions = ['west', 'east'].map((name) => ({
  name,
  zones: [1, 2].map((zone) => ({ name: `${name}-${zone}`, region: name, address: '' })),
}));
const stamps = regions.flatMap((region) =>
  region.zones.map((zone): StampPlan => {
    return {
      id: `${zone.name}-abc`,
      region: region.name,
      zone: zone.name,
      address: '',
      release: 'abc',
      ordinal: 0,
      agentPort: 1,
      ports: {},
    };
  }),
);
const input: HealthModelInput = { manifest, regions, witness: 'witness', stamps };

/** An estate in which every signal that has no say in a test is well. */
function start(change: Partial<HealthModelInput> = {}): {
  lab: HealthLab;
  look: (bad?: Record<string, Told>, rounds?: number) => void;
} {
  const model = buildHealthModel({ ...input, ...change });
  const lab = new HealthLab(model.entities);
  const well: Record<string, Told> = Object.fromEntries(
    model.entities.flatMap(({ id, signals }) =>
      signals.filter(({ type }) => type === 'state').map(({ name }) => [`${id} ${name}`, 'healthy']),
    ),
  );
  const look = (bad: Record<string, Told> = {}, rounds = 3) => {
    for (let round = 0; round < rounds; round += 1) lab.step({ ...well, ...bad });
  };
  look();
  return { lab, look };
}

const statesOf = (lab: HealthLab, ...ids: string[]) => ids.map((id) => lab.state(id));

/** Every signal of the entities whose id matches. */
function all(lab: HealthLab, pattern: RegExp, state: State): Record<string, Told> {
  return Object.fromEntries(
    lab.model.entities
      .filter(({ id }) => pattern.test(id))
      .flatMap(({ id, signals }) =>
        signals.filter(({ type }) => type === 'state').map(({ name }) => [`${id} ${name}`, state]),
      ),
  );
}

test('the model of an estate has no faults, and its version is a name of its content', () => {
  const model = buildHealthModel(input);
  expect(findModelFaults(model)).toEqual([]);
  expect(model.version).toMatch(/^[0-9a-f]{16}$/);
  expect(buildHealthModel(input).version).toBe(model.version);
  expect(buildHealthModel({ ...input, stamps: stamps.slice(1) }).version).not.toBe(model.version);
});

test('ids say what they are', () => {
  const ids = buildHealthModel(input).entities.map(({ id }) => id);
  for (const id of [
    'workload:shop',
    'flow:list',
    'flow:can-scale',
    'front-door:shop',
    'component:api',
    'store:database',
    'store:queue/west',
    'stamp:west-1-abc',
    'stamp:west-1-abc/api',
    'region:west',
    'zone:witness',
    'host:west-1',
    'unit:pg-east-2',
    'unit:pgbouncer-west-2',
    'unit:queue-east-1',
    'unit:cache-west',
    'unit:gateway-west',
    'unit:gateway-agent-east',
    'unit:observer-east',
    'unit:west-1-abc-agent',
    'unit:control-plane',
  ])
    expect(ids).toContain(id);
});

test('when all is well, everything is healthy and the report keeps its contract', () => {
  const { lab } = start();
  const report = HealthReport.parse(describeHealth(lab.model, lab.memory));
  expect(report.entities.filter(({ state }) => state !== 'healthy')).toEqual([]);
  expect(report.entities[0]).toMatchObject({ id: 'workload:shop', score: 100, rootCauses: [] });
  expect(report.state).toBe('healthy');
});

test('before anything is told nothing is healthy', () => {
  const lab = new HealthLab(buildHealthModel(input).entities);
  lab.step();
  const report = describeHealth(lab.model, lab.memory);
  expect(report.entities.filter(({ state }) => state === 'healthy')).toEqual([]);
});

test('a dead instance degrades the flows through it; when fewer serve than the peak needs they are down', () => {
  const { lab, look } = start({ peakRequestsPerSecond: { api: 700 } });
  const dead = (...zones: string[]) =>
    Object.fromEntries(zones.map((zone) => [`stamp:${zone}-abc/api process`, 'unhealthy' as const]));
  look(dead('west-1'));
  expect(statesOf(lab, 'stamp:west-1-abc', 'component:api', 'flow:list', 'flow:apply')).toEqual([
    'unhealthy',
    'degraded',
    'degraded',
    'healthy',
  ]);
  expect(lab.entity('workload:shop')).toMatchObject({
    state: 'degraded',
    rootCauses: ['stamp:west-1-abc/api'],
  });
  look(dead('west-1', 'west-2'));
  expect(lab.entity('component:api')).toMatchObject({ state: 'unhealthy', reason: '2 of 4 instances serve' });
});

test('a shared outage is felt by the flows that pass it, and its symptoms in stamps are not root causes', () => {
  const { lab, look } = start();
  look({
    'store:database writer': 'unhealthy',
    ...all(lab, /^stamp:[^/]*$/, 'healthy'),
    ...Object.fromEntries(stamps.map(({ id }) => [`stamp:${id} shared-database`, 'unhealthy' as const])),
  });
  expect(statesOf(lab, 'flow:comment', 'flow:list', 'flow:apply', 'component:api')).toEqual([
    'healthy',
    'degraded',
    'unhealthy',
    'healthy',
  ]);
  expect(lab.state('stamp:west-1-abc')).toBe('degraded');
  expect(lab.entity('workload:shop')).toMatchObject({ state: 'degraded', rootCauses: ['store:database'] });
  expect(lab.entity('stamp:west-1-abc').rootCauses).toEqual(['store:database']);
});

test('a lost zone is one root cause', () => {
  const { lab, look } = start();
  look(all(lab, /west-1|gateway-west|gateway-agent-west/, 'unhealthy'));
  expect(statesOf(lab, 'zone:west-1', 'region:west', 'component:api', 'flow:list', 'workload:shop')).toEqual([
    'unhealthy',
    'unhealthy',
    'degraded',
    'degraded',
    'degraded',
  ]);
  expect(lab.entity('component:api').rootCauses).toEqual(['host:west-1']);
  expect(lab.entity('zone:west-1').rootCauses[0]).toBe('host:west-1');
});

test('a dead control plane is felt by can-scale and no user flow', () => {
  const { lab, look } = start();
  look({ 'unit:control-plane process': 'unhealthy' });
  expect(statesOf(lab, 'flow:can-scale', 'flow:list', 'flow:comment', 'workload:shop')).toEqual([
    'unhealthy',
    'healthy',
    'healthy',
    'degraded',
  ]);
});

test('a queue on one copy is degraded and shown; gone in one region, the other takes over', () => {
  const { lab, look } = start();
  look({ 'unit:queue-west-2 process': 'unhealthy', 'store:queue/west serving': 'degraded' });
  expect(statesOf(lab, 'store:queue/west', 'store:queue', 'flow:comment')).toEqual([
    'degraded',
    'degraded',
    'degraded',
  ]);
  look({ 'store:queue/west serving': 'unhealthy' });
  expect(statesOf(lab, 'store:queue/west', 'store:queue', 'flow:comment')).toEqual([
    'unhealthy',
    'degraded',
    'degraded',
  ]);
});

test('a second release beside the first changes nothing for those that serve', () => {
  const next = stamps.map((stamp) => ({ ...stamp, id: `${stamp.zone}-def`, release: 'def' }));
  const { lab, look } = start({ stamps: [...stamps, ...next] });
  lab.flags = Object.fromEntries(next.map(({ id }) => [`stamp:${id}`, ['starting'] as const]));
  look(all(lab, /-def/, 'unhealthy'));
  expect(statesOf(lab, 'component:api', 'flow:list', 'workload:shop')).toEqual([
    'healthy',
    'healthy',
    'healthy',
  ]);
});

const live = 'abc';
const candidates = stamps.map((stamp) => ({ ...stamp, id: `${stamp.zone}-def`, release: 'def' }));
const aside = new Set(candidates.map(({ id }) => id));
const asideFlags = (ids: Iterable<string>) =>
  Object.fromEntries([...ids].map((id) => [`stamp:${id}`, ['aside'] as const]));

test('stamps that stand aside are judged, and nobody above them feels how they are', () => {
  const { lab, look } = start({ stamps: [...stamps, ...candidates], live, aside });
  expect(findModelFaults(lab.model)).toEqual([]);
  lab.flags = asideFlags(aside);
  look(all(lab, /-def/, 'unhealthy'));
  expect(lab.state('stamp:west-1-def')).toBe('unhealthy');
  expect(statesOf(lab, 'component:api', 'flow:list', 'zone:west-1', 'region:west', 'workload:shop')).toEqual([
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'healthy',
  ]);
});

test('stamps that stand aside make up for nothing, and those that share the traffic do', () => {
  const dead = (lab: HealthLab) => all(lab, /west-1-abc/, 'unhealthy');
  const apart = start({ stamps: [...stamps, ...candidates], live, aside });
  apart.lab.flags = asideFlags(aside);
  apart.look(dead(apart.lab));
  expect(apart.lab.entity('component:api')).toMatchObject({
    state: 'degraded',
    reason: '3 of 4 instances serve',
  });
  const shared = start({ stamps: [...stamps, ...candidates], live });
  shared.look(dead(shared.lab));
  expect(statesOf(shared.lab, 'component:api', 'zone:west-1')).toEqual(['healthy', 'degraded']);
});

test('every stamp of the live release is meant to serve, also the second of a zone, and none that leaves', () => {
  const second = stamps.map((stamp) => ({ ...stamp, id: `${stamp.zone}-b-abc`, ordinal: 1 }));
  const both = start({ stamps: [...stamps, ...second], live });
  both.look(all(both.lab, /west-1-b-abc/, 'unhealthy'));
  expect(both.lab.entity('component:api')).toMatchObject({
    state: 'degraded',
    reason: '7 of 8 instances serve',
  });
  const left = start({ stamps: [...stamps, ...second], live, aside: new Set(second.map(({ id }) => id)) });
  left.lab.flags = asideFlags(second.map(({ id }) => id));
  left.look(all(left.lab, /-b-abc/, 'unhealthy'));
  expect(statesOf(left.lab, 'component:api', 'zone:west-1')).toEqual(['healthy', 'healthy']);
});

test('a stamp in maintenance is lost capacity, and no flow is blamed for what it does meanwhile', () => {
  const { lab, look } = start();
  lab.flags = { 'stamp:west-1-abc': ['maintenance'] };
  look(all(lab, /west-1-abc/, 'unhealthy'));
  expect(lab.entity('stamp:west-1-abc/api').flags).toEqual(['maintenance']);
  expect(lab.entity('component:api')).toMatchObject({ state: 'degraded', reason: '3 of 4 instances serve' });
  expect(lab.state('zone:west-1')).toBe('healthy');
});

test('startup and control dependencies are felt by can-scale only; a dependency that no flow names by all', () => {
  const changed = Manifest.parse({
    ...manifest,
    stores: manifest.stores,
    dependencies: [
      { from: 'api', to: 'cache', kind: 'startup' },
      { from: 'worker', to: 'cache', kind: 'hard' },
    ],
  });
  const { lab, look } = start({ manifest: changed });
  expect(findModelFaults(lab.model)).toEqual([]);
  look(all(lab, /unit:cache/, 'unhealthy'));
  expect(
    statesOf(lab, 'store:cache', 'flow:can-scale', 'flow:list', 'component:worker', 'flow:apply'),
  ).toEqual(['unhealthy', 'unhealthy', 'healthy', 'unhealthy', 'unhealthy']);
});

test('components that depend on each other make no cycle', () => {
  const dependencies = [
    { from: 'api', to: 'worker', kind: 'hard' },
    { from: 'worker', to: 'api', kind: 'hard' },
  ];
  const flows = [{ name: 'list', path: ['api'] }];
  const changed = Manifest.parse({ ...manifest, dependencies, flows });
  expect(findModelFaults(buildHealthModel({ ...input, manifest: changed }))).toEqual([]);
});

test('a new model keeps what it knows of entities that stay', () => {
  const { lab, look } = start();
  look({ 'unit:pg-west-1 process': { state: 'unhealthy', reason: 'ended by SIGKILL' } }, 1);
  const since = lab.entity('unit:pg-west-1').since;
  const next = new HealthLab(buildHealthModel({ ...input, stamps: stamps.slice(1) }).entities);
  next.memory = { ...lab.memory, modelVersion: 'older' };
  next.now = lab.now;
  const { transitions } = next.step({}, 1000);
  expect(next.entity('unit:pg-west-1')).toMatchObject({ state: 'unhealthy', since });
  expect(transitions.map(({ entity }) => entity).filter((id) => id.startsWith('unit:'))).toEqual([]);
});
