import { Manifest } from '@alwayson/protocol/manifest.ts';
import { HealthReport } from '@alwayson/protocol/health.ts';
import { expect, test } from 'vitest';
import { buildHealthModel } from '../../src/health/build-health-model.ts';
import { describeHealth } from '../../src/health/describe-health.ts';
import { findModelFaults } from '../../src/health/find-model-faults.ts';
import { HealthLab } from './health-lab.ts';
import { manifest, stamps, input, start, statesOf, all } from './built-lab.ts';

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
