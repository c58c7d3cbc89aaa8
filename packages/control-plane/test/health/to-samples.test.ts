import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import { buildHealthModel } from '@alwayson/core/health/build-health-model.ts';
import { probeEveryMs } from '@alwayson/protocol/observation.ts';
import { expect, test } from 'vitest';
import type { HealthFacts } from '../../src/health/health-facts.ts';
import { toCoverage } from '../../src/health/to-coverage.ts';
import { toSamples } from '../../src/health/to-samples.ts';
import { sumWindows } from '../../src/health/traffic-figures.ts';
import {
  cacheOf,
  contactOf,
  createWorld,
  databaseOf,
  doorsOf,
  manifest,
  observeZone,
  queuesOf,
  regions,
  reportsOf,
  stampIn,
  stamps,
  type World,
  start,
} from './health-world.ts';
import { observationsOf } from './observed-world.ts';

const api = `stamp:${stampIn('west-1')}/api`;
const stamp = `stamp:${stampIn('west-1')}`;

function factsOf(world: World): HealthFacts {
  return {
    now: world.nowMs,
    manifest,
    regions,
    witness: 'witness',
    stamps: world.stamps,
    zone: (name) => observeZone(world, name),
    contact: (id) => contactOf(world, id),
    database: databaseOf(world),
    queues: queuesOf(world),
    doors: doorsOf(world),
    cache: (region) => cacheOf(world, region),
    certificates: world.certificates,
    routes: { epoch: 1, generation: 3, stamps: [] },
    gateways: reportsOf(world),
    observations: observationsOf(world),
    earlier: new Map(observationsOf(world).map((observation) => [observation.region, observation])),
    grayStamps: world.gray,
    shares: world.shares,
  };
}

/** The sample of one signal once `change` has happened. */
function sampleOf(key: string, change: (world: World) => void = () => {}): HealthSample | undefined {
  const world = createWorld();
  world.nowMs += 3000;
  change(world);
  return toSamples(factsOf(world)).find(({ entity, signal }) => `${entity} ${signal}` === key);
}

test('every signal of the model is fed', () => {
  const world = createWorld();
  const fed = new Set(toSamples(factsOf(world)).map(({ entity, signal }) => `${entity} ${signal}`));
  const model = buildHealthModel({ manifest, regions, witness: 'witness', stamps });
  const all = model.entities.flatMap(({ id, signals }) => signals.map(({ name }) => `${id} ${name}`));
  const unfed = all.filter((key) => !fed.has(key)).map((key) => key.replace(/(east|west)(-\d)?/g, 'X'));
  expect([...new Set(unfed)]).toEqual([]);
  expect([...fed].filter((key) => !all.includes(key))).toEqual([]);
});

test('a certificate that ends soon is told at every gateway, whenever it was looked at', () => {
  const told = sampleOf('unit:gateway-east certificate', (world) => {
    world.certificates = { at: start, days: 12 };
  });
  expect(told).toMatchObject({ at: start, value: 12 });
  expect(
    sampleOf('unit:gateway-east certificate', (world) => {
      world.certificates = null;
    }),
  ).toBeUndefined();
});

test('a refusal is unhealthy and hard, silence is unknown, and what was never asked says nothing', () => {
  const told = (contact: 'refused' | 'silent' | 'unknown') =>
    sampleOf('host:west-1 contact', (world) => world.zones.set('west-1', contact));
  expect(told('refused')).toMatchObject({ state: 'unhealthy', hard: true, observer: 'unit:control-plane' });
  expect(told('silent')).toMatchObject({ state: 'unknown' });
  expect(told('unknown')).toBeUndefined();
});

test('units are seen by their host, and are its symptoms when it is lost', () => {
  expect(sampleOf(`${api} process`)).toMatchObject({ state: 'healthy', observer: 'host:west-1' });
  expect(sampleOf('unit:pg-west-1 process', (world) => world.zones.set('west-1', 'silent'))).toMatchObject({
    state: 'unknown',
    observer: 'host:west-1',
    cause: 'host:west-1',
  });
  expect(
    sampleOf(`${api} process`, (world) => world.units.set(`${stampIn('west-1')}-api`, 'failing')),
  ).toMatchObject({ state: 'unhealthy', hard: true, reason: 'failing' });
});

test('a result carries the time at which it was measured, not at which it was read', () => {
  const world = createWorld();
  expect(sampleOf(`${stamp} report`)?.at).toBe(world.nowMs + 2000);
  expect(sampleOf('unit:gateway-west routes')?.at).toBe(world.nowMs);
  expect(sampleOf('host:west-1 disk-used')).toMatchObject({ at: world.nowMs, value: 0.4 });
  expect(sampleOf('host:west-1 contact')?.at).toBe(world.nowMs + 3000);
});

test('an agent is believed when it says no, and is asked twice when it says nothing', () => {
  const check = { component: 'api', status: 'unhealthy', durationMs: 1, scope: 'stamp' } as const;
  const says = (world: World) => world.checks.set(stampIn('west-1'), [{ ...check, reason: 'refused' }]);
  expect(sampleOf(`${stamp} report`, says)).toMatchObject({
    state: 'unhealthy',
    hard: true,
    reason: 'api: refused',
  });
  expect(sampleOf(`${api} check`, says)).toMatchObject({
    state: 'unhealthy',
    observer: `unit:${stampIn('west-1')}-agent`,
  });
  const silent = (world: World) => world.contacts.set(stampIn('west-1'), 'silent');
  expect(sampleOf(`${stamp} report`, silent)).toMatchObject({ state: 'unknown' });
  expect(sampleOf(`${api} check`, silent)).toMatchObject({
    state: 'unknown',
    observer: 'unit:control-plane',
  });
  expect(sampleOf(`${stamp} shared-database`, silent)).toMatchObject({ state: 'unknown' });
});

test('a writer that only lacks its copy writes', () => {
  const alone = (world: World) => {
    world.database = {
      'pg-west-1': { state: 'degraded', reason: 'writes have one copy only' },
      'pg-west-2': { state: 'unhealthy', sync: true },
    };
  };
  expect(sampleOf('store:database writer', alone)).toMatchObject({ state: 'healthy' });
  expect(sampleOf('unit:pg-west-1 role', alone)).toMatchObject({ state: 'healthy' });
  expect(sampleOf('store:database second-copy', alone)).toMatchObject({
    state: 'unhealthy',
    cause: 'unit:pg-west-2',
  });
});

test('a queue without a writer blames it, one without a copy blames the other server', () => {
  const queue = (change: World['queues']['west']) => (world: World) => {
    world.queues['west'] = change;
  };
  const down = queue({ state: 'unhealthy', reason: 'frozen' });
  expect(sampleOf('store:queue/west serving', down)).toMatchObject({ cause: 'unit:queue-west-1' });
  expect(sampleOf('unit:queue-west-1 role', down)).toMatchObject({ state: 'unhealthy', reason: 'frozen' });
  const alone = queue({ state: 'degraded', copies: 1 });
  expect(sampleOf('store:queue/west serving', alone)).toMatchObject({ cause: 'unit:queue-west-2' });
  expect(sampleOf('unit:queue-west-1 role', alone)).toMatchObject({ state: 'healthy' });
  expect(sampleOf('unit:queue-west-2 role', alone)).toMatchObject({ state: 'degraded' });
});

test('a flow is down when no region is served; a probe too old is no word at all', () => {
  const world = createWorld();
  const facts = factsOf(world);
  const [west, east] = facts.observations;
  if (west === undefined || east === undefined) throw new Error('Both regions are observed.');
  const failed = {
    ...west,
    probes: west.probes.map((probe) => ({ ...probe, ok: false, reason: 'HTTP 503' })),
  };
  const probeOf = (observations: HealthFacts['observations'], now = facts.now) =>
    toSamples({ ...facts, observations, now }).find(
      ({ entity, signal }) => entity === 'flow:list' && signal === 'probe',
    );
  expect(probeOf([west, east])?.state).toBe('healthy');
  expect(probeOf([failed, east])).toMatchObject({
    state: 'degraded',
    reason: 'seen from one region: HTTP 503',
  });
  expect(probeOf([failed])).toMatchObject({ state: 'unhealthy' });
  expect(probeOf([west, east], facts.now + 3 * probeEveryMs.flow + 1000)).toBeUndefined();
});

test('what every stamp fails is not a stamp’s fault', () => {
  const failAt = (zones: readonly string[]) => (world: World) => {
    for (const zone of zones) world.failingProbes.add(`list ${stampIn(zone)}`);
  };
  const key = `${stamp} probe-list`;
  expect(sampleOf(key, failAt(['west-1']))?.cause).toBeUndefined();
  expect(sampleOf(key, failAt(['west-1', 'west-2']))?.cause).toBe('unit:gateway-west');
  expect(sampleOf(key, failAt(['west-1', 'west-2', 'east-1', 'east-2']))?.cause).toBe('flow:list');
});

test('a probe that failed before the stamp took traffic says nothing about it', () => {
  const id = stampIn('west-1');
  const sample = (kind: 'unseen' | 'serving', ageMs: number) =>
    sampleOf(`${stamp} probe-list`, (world) => {
      world.failingProbes.add(`list ${id}`);
      const since = new Date(start - ageMs).toISOString();
      const row = { id, standing: { kind, since, factor: 1, strikes: 0 } };
      world.shares.stamps = [row as (typeof world.shares.stamps)[number]];
    });
  expect(sample('unseen', 60_000)).toBeUndefined();
  expect(sample('serving', -60_000)).toBeUndefined();
  expect(sample('serving', 60_000)?.state).toBe('unhealthy');
});

test('traffic is summed over slices, flows and observers; without any it says nothing', () => {
  expect(sampleOf(`${stamp} errors`)).toMatchObject({ value: null, samples: 0 });
  const told = sampleOf(`${stamp} errors`, (world) => world.errors.set(`list ${stampIn('west-1')}`, 40));
  expect(told).toMatchObject({ value: 0.2, samples: 200 });
  const slice = (latency: number[]) => ({ from: 0, to: 1, good: 50, bad: 0, latency });
  const empty = Array.from({ length: 14 }, () => 0);
  const window = {
    flow: 'list',
    stamp: 's',
    slices: [slice(empty.with(7, 50)), slice(empty.with(8, 50))],
  };
  const [observation] = observationsOf(createWorld());
  if (observation === undefined) throw new Error('There is an observation.');
  // Half of them in 100-200 ms, half in 200-500 ms.
  expect(sumWindows([{ ...observation, windows: [window] }], () => true)).toEqual({
    good: 100,
    bad: 0,
    p99Ms: 200 + (300 * 49) / 50,
  });
});

test('coverage is of the lines since the last look', () => {
  const [before] = observationsOf(createWorld());
  if (before === undefined) throw new Error('There is an observation.');
  const grown = (lines: number, lost: number) => ({
    ...before,
    linesLost: before.linesLost + lost,
    flows: before.flows.map((flow, index) => ({ ...flow, good: flow.good + (index === 0 ? lines : 0) })),
  });
  expect(toCoverage(before, grown(0, 0))).toBe(1);
  expect(toCoverage(before, grown(90, 10))).toBe(0.9);
  expect(toCoverage(before, { ...grown(90, 0), countersSince: 'later' })).toBeNull();
  expect(toCoverage(undefined, before)).toBeNull();
});
