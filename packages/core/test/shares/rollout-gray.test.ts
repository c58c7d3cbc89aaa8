import type { SharesReport } from '@alwayson/protocol/shares.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorldStamp } from './share-world.ts';
import { bothReleases, createRolloutWorld, ofRelease, partsOf, shift } from './rollout-world.ts';

const flows = [
  { name: 'browse', requestsPerSecond: 160 },
  { name: 'write', requestsPerSecond: 80 },
];
const stamps = bothReleases.map((stamp) => ({ ...stamp, capacity: 400 }));
const createNoisy = (seed: number) =>
  createRolloutWorld({ flows, stamps, seed, noise: 0.002, isSteady: false, tickMs: 1000 });

const causeOf = ({ detours }: SharesReport) => detours.find(({ flow }) => flow === 'browse')?.cause;
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

test.each<{ what: string; fault: Partial<WorldStamp>; parts: [number, number]; zones: string[] }>([
  {
    what: 'fails 30 % of a flow at 25 %',
    fault: { errors: { browse: 0.3 } },
    parts: [0.25, 0.25],
    zones: ['west', 'east'],
  },
  {
    what: 'fails 30 % of a flow at 75 %',
    fault: { errors: { browse: 0.3 } },
    parts: [0.75, 0.75],
    zones: ['west', 'east'],
  },
  {
    what: 'is slow at 25 %',
    fault: { slowMs: { browse: 800 } },
    parts: [0.25, 0.25],
    zones: ['west', 'east'],
  },
  {
    what: 'is slow at 75 %',
    fault: { slowMs: { browse: 800 } },
    parts: [0.75, 0.75],
    zones: ['west', 'east'],
  },
  {
    what: 'fails where it has traffic, which is one region',
    fault: { errors: { browse: 0.3 } },
    parts: [0.25, 0],
    zones: ['west'],
  },
])('a release that $what is left for that flow, and named', ({ fault, parts, zones }) => {
  for (const seed of seeds) {
    const world = createNoisy(seed);
    shift(world, ...parts);
    world.run(30_000);
    for (const stamp of ofRelease(world, 'two')) Object.assign(stamp, fault);
    const found = world.until((report) => causeOf(report)?.kind === 'release', 45_000);
    expect(found, `seed ${seed}`).not.toBeNull();
    expect(causeOf(world.report as SharesReport)).toMatchObject({ release: 'two' });
    for (const zone of zones) expect(world.partAt(zone, 'two', 'browse')).toBe(0);
    // What it does well stays with it: the gate decides about the rest.
    expect(Math.abs(world.partAt('west', 'two', 'write') - parts[0])).toBeLessThan(0.015);
  }
});

test('a new stamp that is worse than its neighbours is left by itself, and its release keeps its part', () => {
  for (const seed of seeds) {
    const world = createNoisy(seed);
    shift(world, 0.5);
    world.run(30_000);
    world.stamp('west-1-two').errors = { browse: 0.3 };
    const isLeft = ({ detours }: SharesReport) => detours[0]?.weights['west-1-two'] === 0;
    expect(world.until(isLeft, 20_000), `seed ${seed}`).not.toBeNull();
    expect(causeOf(world.report as SharesReport)).toMatchObject({ kind: 'stamp', stamps: ['west-1-two'] });
    expect(Math.abs(world.partAt('west', 'two', 'browse') - 0.5)).toBeLessThan(0.015);
  }
});

test('at part 1 old stamps without traffic are nobody to compare with: a release that is bad as a whole is for the gate', () => {
  const world = createNoisy(3);
  shift(world, 1);
  world.run(60_000);
  const { generation } = world.tick();
  for (const stamp of ofRelease(world, 'two')) stamp.errors = { browse: 0.3 };
  const report = world.run(60_000);
  expect(report).toMatchObject({ generation, cause: { kind: 'none' }, detours: [], findings: [] });
  expect(partsOf(world)).toEqual([1, 1]);
});

test('a cause that both releases share moves nothing during a rollout', () => {
  const shared: Partial<WorldStamp>[] = [
    { dependencies: { database: 'unhealthy' }, errors: { write: 0.9 } },
    { dependencies: { cache: 'unhealthy' }, slowMs: { '*': 400 } },
    { probes: { browse: false }, errors: { browse: 1 } },
  ];
  const whole = { dependencies: {}, errors: {}, slowMs: {}, probes: {} };
  fc.assert(
    fc.property(
      fc.record({ fault: fc.constantFrom(...shared), part: fc.constantFrom(0, 0.05, 0.25, 1) }),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 8, maxLength: 8 }),
      fc.nat(),
      ({ fault, part }, delays, seed) => {
        const world = createRolloutWorld({ flows, stamps, seed, isSteady: false });
        shift(world, part);
        const { generation } = world.run(60_000);
        for (const change of [fault, whole]) {
          for (let tick = 0; tick < 30; tick += 1) {
            world.stamps.forEach((stamp, index) => {
              if (delays[index] === tick) Object.assign(stamp, change);
            });
            expect(world.tick().generation).toBe(generation);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

const only = (release: string) => [{ flow: 'write', release }];
const used = (report: SharesReport, flow = 'write') =>
  Object.entries(report.detours.find((one) => one.flow === flow)?.weights ?? {})
    .filter(([, weight]) => weight > 0)
    .map(([id]) => id);

test('a flow that only the new release has goes to its stamps alone, from its first step on', () => {
  const world = createRolloutWorld({ flows });
  world.onlyIn = only('two');
  expect(world.run(10_000).detours).toEqual([]);
  shift(world, 0.05);
  expect(used(world.report as SharesReport)).toEqual([
    'west-1-two',
    'west-2-two',
    'east-1-two',
    'east-2-two',
  ]);
  expect(partsOf(world, 'write')).toEqual([1, 1]);
  partsOf(world, 'browse').forEach((part) => expect(Math.abs(part - 0.05)).toBeLessThan(0.015));
  for (const id of ['west-1-two', 'west-2-two']) world.stamp(id).contact = 'refused';
  expect(used(world.run(10_000))).toEqual(['east-1-two', 'east-2-two']);
  for (const stamp of ofRelease(world, 'two')) stamp.contact = 'refused';
  expect(world.run(20_000).detours).toEqual([]);
});

test('a flow that only the old release has stays with its stamps until they leave', () => {
  const world = createRolloutWorld({ flows });
  world.onlyIn = only('one');
  world.run(10_000);
  for (const part of [0.25, 1]) {
    shift(world, part);
    world.run(20_000);
    expect(partsOf(world, 'write')).toEqual([0, 0]);
    partsOf(world, 'browse').forEach((found) => expect(Math.abs(found - part)).toBeLessThan(0.015));
  }
  for (const stamp of ofRelease(world, 'one')) stamp.operator = { state: 'drain', reason: 'test' };
  expect(world.run(20_000).detours).toEqual([]);
});
