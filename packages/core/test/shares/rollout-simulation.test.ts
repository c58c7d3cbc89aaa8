import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { expect, test } from 'vitest';
import type { ShareWorld } from './share-world.ts';
import { bothReleases, createRolloutWorld, ofRelease, partsOf, partsWanted, shift } from './rollout-world.ts';

const flows = [
  { name: 'list', requestsPerSecond: 200 },
  { name: 'view', requestsPerSecond: 120 },
  { name: 'post', requestsPerSecond: 100 },
];
const stamps = bothReleases.map((stamp) => ({ ...stamp, capacity: 600 }));
const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
const steps = [0.05, 0.25, 0.5, 1];

function createWorld(seed: number): ShareWorld {
  const own = flows.map((flow) => ({ ...flow }));
  return createRolloutWorld({ flows: own, stamps, seed, noise: 0.005, isSteady: false, tickMs: 1000 });
}

/** Things that happen all the time and mean nothing. */
function disturb(world: ShareWorld): void {
  for (const stamp of world.stamps) {
    stamp.contact = world.chance(0.002) ? 503 : 200;
    stamp.isCutOff = world.chance(0.002);
    stamp.dependencies = world.chance(0.01) ? { database: 'unhealthy' } : {};
    stamp.slowMs = world.chance(0.005) ? { '*': 800 } : {};
  }
  world.flows.forEach((flow, index) => {
    flow.requestsPerSecond = Math.max(0, (flows[index]?.requestsPerSecond ?? 0) * (1 + 0.15 * world.gauss()));
  });
}

function bake(world: ShareWorld, seconds: number, each: (report: SharesReport) => void): void {
  for (let second = 0; second < seconds; second += 1) {
    disturb(world);
    each(world.tick());
  }
  const calm = { contact: 200, isCutOff: false, dependencies: {}, slowMs: {} } as const;
  for (const stamp of world.stamps) Object.assign(stamp, calm);
}

test('a program of 5, 25, 50 and 100 % under noise: every step is what it says all the time, and one change each', () => {
  for (const seed of seeds) {
    const world = createWorld(seed);
    for (const part of steps) {
      world.changes = 0;
      disturb(world);
      shift(world, part);
      bake(world, 90, () => {
        for (const found of partsWanted(world)) {
          expect(Math.abs(found - part), `seed ${seed}, part ${part}`).toBeLessThan(0.015);
        }
      });
      // Beside the step a blip or two may move a weight among neighbours.
      expect(world.changes, `seed ${seed}`).toBeLessThanOrEqual(3);
    }
    for (const stamp of ofRelease(world, 'one'))
      stamp.operator = { state: 'drain', reason: 'on its way out' };
    bake(world, 30, () => expect(partsWanted(world)).toEqual([1, 1]));
  }
});

test('a release that fails at 25 % is left for the flow, and after the way back users notice nothing any more', () => {
  for (const seed of seeds) {
    const world = createWorld(seed);
    shift(world, 0.05);
    bake(world, 60, () => {});
    shift(world, 0.25);
    bake(world, 20, () => {});
    for (const stamp of ofRelease(world, 'two')) stamp.errors = { '*': 0.3 };
    world.failed = 0;
    world.total = 0;
    const isNamed = ({ detours, cause }: SharesReport) =>
      [cause, ...detours.map((detour) => detour.cause)].some(({ release }) => release === 'two');
    expect(world.until(isNamed, 60_000), `seed ${seed}`).not.toBeNull();
    shift(world, 0);
    for (const flow of ['list', 'view', 'post']) expect(partsOf(world, flow)).toEqual([0, 0]);
    world.failed = 0;
    world.total = 0;
    world.run(60_000);
    expect(world.failed / world.total, `seed ${seed}`).toBeLessThan(0.01);
  }
});

test('all new stamps die at 100 %: the old ones have everything two looks later', () => {
  for (const seed of seeds) {
    const world = createWorld(seed);
    for (const part of steps) {
      shift(world, part);
      bake(world, 30, () => {});
    }
    for (const stamp of ofRelease(world, 'two')) stamp.isGone = true;
    const caught = world.until(() => partsWanted(world).every((part) => part === 0), 10_000);
    expect(caught, `seed ${seed}`).toBeLessThanOrEqual(3000);
  }
});
