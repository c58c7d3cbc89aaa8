import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import { ShareWorld, type WorldOptions, type WorldStamp } from './share-world.ts';

const regions = ['west', 'east'];

/** Two regions with two zones each, and in every zone a stamp of the release that is live, `one`, and of the next, `two`. */
export const bothReleases = ['one', 'two'].flatMap((release) =>
  regions.flatMap((region) =>
    ['1', '2'].map((zone) => ({ id: `${region}-${zone}-${release}`, region, release })),
  ),
);

export const toParts = (west: number, east = west): RouteRollout => ({
  candidate: 'two',
  parts: { west, east },
});

/** The live release has served for long; the next one stands beside it without traffic, and is known to be well. */
export function createRolloutWorld(options: Partial<WorldOptions> = {}): ShareWorld {
  const world = new ShareWorld({ stamps: bothReleases, isSteady: true, ...options });
  for (const stamp of ofRelease(world, 'two')) stamp.contact = 'refused';
  world.run(120_000);
  world.rollout = toParts(0);
  for (const stamp of ofRelease(world, 'two')) stamp.contact = 200;
  world.run(10_000);
  return world;
}

export function ofRelease({ stamps }: ShareWorld, release: string): WorldStamp[] {
  return stamps.filter((stamp) => stamp.release === release);
}

/** Takes effect with the next tick, as a change of the record does. */
export function shift(world: ShareWorld, west: number, east = west): void {
  world.rollout = toParts(west, east);
  world.tick();
}

export function partsOf(world: ShareWorld, flow = ''): number[] {
  return regions.map((region) => world.partAt(region, 'two', flow));
}

/** As the weights have it, whatever HAProxy's own checks would make of them at this moment. */
export function partsWanted({ report, rollout }: ShareWorld): number[] {
  return regions.map((gateway) => {
    const pool = report?.pools.find((one) => one.gateway === gateway)?.weights;
    const stamps = (report?.stamps ?? []).map((stamp) => {
      return { ...stamp, weight: pool?.[stamp.id] ?? stamp.weight };
    });
    const own = stamps.filter(({ region, weight }) => weight > 0 && region === gateway);
    const used = pool === undefined && own.length > 0 ? own : stamps;
    const sum = (of: typeof used) => of.reduce((total, { weight }) => total + weight, 0);
    return sum(used.filter(({ release }) => release === rollout?.candidate)) / sum(used);
  });
}
