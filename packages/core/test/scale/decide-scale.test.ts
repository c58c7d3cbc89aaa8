import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decideScale,
  type ScaleMemory,
  type ScalePolicy,
  type ScaleRegion,
} from '../../src/scale/decide-scale.ts';

const policy: ScalePolicy = { min: 1, max: 4, addAbove: 0.7, removeBelow: 0.3 };

/** A region that does what is decided, on a clock of its own: a new stamp serves after `startMs`. */
class ScaleWorld {
  now = 1_000_000;
  memory: ScaleMemory = {};
  counts: Record<string, number>;
  floors: Record<string, number> = {};
  hold: string | null = null;
  policy: ScalePolicy;
  steps: { at: number; zone: string; from: number; to: number; reason: string }[] = [];
  #settledAt = 0;

  constructor(
    counts: Record<string, number> = { 'west-1': 1, 'west-2': 1 },
    change: Partial<ScalePolicy> = {},
  ) {
    this.counts = counts;
    this.policy = { ...policy, ...change };
  }

  get total() {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** Requests per second for so many seconds; a stamp carries 100. */
  run(seconds: number, demand: number | null | ((second: number) => number)) {
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1000;
      const region: ScaleRegion = {
        region: 'west',
        zones: Object.entries(this.counts).map(([zone, count]) => {
          return { zone, count, floor: this.floors[zone] ?? 0 };
        }),
        demand: typeof demand === 'function' ? demand(second) : demand,
        capacity: 100,
        hold: this.hold ?? (this.now < this.#settledAt ? 'a stamp starts' : null),
      };
      const { memory, steps } = decideScale(
        this.memory,
        { regions: [region], policy: this.policy },
        this.now,
      );
      expect(steps.length).toBeLessThanOrEqual(1);
      this.memory = JSON.parse(JSON.stringify(memory));
      for (const { zone, from, to, reason } of steps) {
        expect(this.counts[zone]).toBe(from);
        this.counts[zone] = to;
        this.steps.push({ at: this.now, zone, from, to, reason });
        this.#settledAt = this.now + 5000;
      }
    }
    return this;
  }

  get told() {
    return this.steps.map(({ reason }) => reason);
  }
}

test('more than the part of the capacity for 30 s adds one, in the zone that has fewest', () => {
  const world = new ScaleWorld().run(30, 150);
  expect(world.told).toEqual([]);
  world.run(1, 150);
  expect(world.told).toEqual([
    'west-1 gets a second stamp: 150 requests/s are 75 % of the 200 that 2 stamps of the region carry, above 70 % for 30 s.',
  ]);
  world.run(60, 260);
  expect(world.counts).toEqual({ 'west-1': 2, 'west-2': 2 });
});

test('nearly all of the capacity adds one at once, and the next as soon as that serves', () => {
  const world = new ScaleWorld().run(1, 190);
  expect(world.told).toEqual([
    'west-1 gets a second stamp: 190 requests/s are 95 % of the 200 that 2 stamps of the region carry, above 90 %.',
  ]);
  world.run(9, 400);
  expect(world.counts).toEqual({ 'west-1': 2, 'west-2': 2 });
});

test('a peak that ends within 30 s adds nothing', () => {
  const world = new ScaleWorld();
  for (let round = 0; round < 10; round += 1) world.run(29, 170).run(5, 50);
  expect(world.told).toEqual([]);
});

test('little for 10 minutes takes one, of the zone that has most, if the others stay far from adding it again', () => {
  const world = new ScaleWorld({ 'west-1': 2, 'west-2': 3 }).run(600, 100);
  expect(world.told).toEqual([]);
  world.run(1, 100);
  expect(world.told).toEqual([
    'the third stamp of west-2 goes: 100 requests/s are 20 % of the 500 that 5 stamps of the region carry, below 30 % for 10 min, and 25 % of what the others carry, below 56 %.',
  ]);
  world.run(1300, 100);
  expect(world.counts).toEqual({ 'west-1': 2, 'west-2': 1 });
  world.run(3000, 100);
  expect(world.steps).toHaveLength(2);
});

test('what would be too much for the others is kept, however little it is of all', () => {
  const world = new ScaleWorld({ 'west-1': 2, 'west-2': 1 }, { addAbove: 0.4, removeBelow: 0.35 });
  world.run(2000, 90);
  expect(world.told).toEqual([]);
});

test('a manual order is a floor, and the bounds of the manifest hold', () => {
  const world = new ScaleWorld({ 'west-1': 2, 'west-2': 2 });
  world.floors = { 'west-1': 2, 'west-2': 1 };
  world.run(3000, 0);
  expect(world.counts).toEqual({ 'west-1': 2, 'west-2': 1 });
  const full = new ScaleWorld({ 'west-1': 4, 'west-2': 4 }).run(100, 5000);
  expect(full.told).toEqual([]);
});

test('bounds that a release has changed are kept without any demand', () => {
  const raised = new ScaleWorld({ 'west-1': 1, 'west-2': 2 }, { min: 2 }).run(10, null);
  expect(raised.counts).toEqual({ 'west-1': 2, 'west-2': 2 });
  const lowered = new ScaleWorld({ 'west-1': 3, 'west-2': 3 }, { max: 2 }).run(20, null);
  expect(lowered.counts).toEqual({ 'west-1': 2, 'west-2': 2 });
});

test('with min = max it does nothing, whatever is asked for', () => {
  const world = new ScaleWorld(undefined, { min: 1, max: 1 }).run(2000, 0).run(2000, 1000);
  expect(world.told).toEqual([]);
});

test('on hold nothing changes, and afterwards it is watched anew; the same while nobody can tell', () => {
  const world = new ScaleWorld().run(25, 150);
  world.hold = 'a rollout runs';
  world.run(100, 190);
  expect(world.told).toEqual([]);
  world.hold = null;
  world.run(30, 150);
  expect(world.told).toEqual([]);
  world.run(1, 150);
  expect(world.told).toHaveLength(1);
  const unseen = new ScaleWorld().run(25, 150).run(1, null).run(30, 150);
  expect(unseen.told).toEqual([]);
});

const policyArbitrary = fc.record({
  min: fc.integer({ min: 1, max: 3 }),
  more: fc.integer({ min: 0, max: 5 }),
  addAbove: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  removeBelow: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
});

test('demand that hovers by a tenth never makes it turn round, and zones stay even within the bounds', () => {
  fc.assert(
    fc.property(
      policyArbitrary,
      fc.integer({ min: 0, max: 900 }),
      fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 50, maxLength: 50 }),
      ({ min, more, ...parts }, level, noise) => {
        const world = new ScaleWorld({ 'west-1': min, 'west-2': min }, { min, max: min + more, ...parts });
        // The share decision plans with a demand that it has smoothed: it changes slowly.
        world.run(8000, (second) => level * (noise[Math.floor(second / 160)] ?? 1));
        const ways = world.steps.map(({ from, to }) => Math.sign(to - from));
        const turns = ways.filter((way, index) => index > 0 && way !== ways[index - 1]);
        expect(turns).toEqual([]);
        const counts = Object.values(world.counts);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.every((count) => count >= min && count <= min + more)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test('whatever the demand, it comes to carry what it can, and falls back to the least when all is quiet', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 6 }), (levels) => {
      const world = new ScaleWorld();
      for (const level of levels) {
        world.run(400, level);
        const enough = level <= 0.7 * 100 * world.total;
        expect(enough || world.total === 8).toBe(true);
      }
      world.run(6000, 0);
      expect(world.counts).toEqual({ 'west-1': 1, 'west-2': 1 });
    }),
    { numRuns: 20 },
  );
});
