import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { expect, test } from 'vitest';
import { fourStamps, ShareWorld, type WorldStamp } from './share-world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Of each kind. With 4 it is more than two weeks together, in some minutes. */
const days = Number(process.env['ALWAYSON_SIMULATED_DAYS'] ?? 0.5);

function createWorld(
  requestsPerSecond: number,
  seed: number,
  options: { noise?: number; tickMs?: number } = {},
) {
  const flows = [
    { name: 'list', requestsPerSecond: requestsPerSecond * 0.5 },
    { name: 'view', requestsPerSecond: requestsPerSecond * 0.3 },
    { name: 'post', requestsPerSecond: requestsPerSecond * 0.2 },
  ];
  const stamps = fourStamps.map((stamp) => ({ ...stamp, capacity: 250 }));
  const world = new ShareWorld({ stamps, flows, seed, noise: 0.001, ...options });
  world.run(180_000);
  world.changes = 0;
  return world;
}

/** Things that happen all the time and mean nothing: one bad answer, one lost question, a dependency that blinks, demand that varies. */
function disturb(world: ShareWorld, usual: readonly number[]): void {
  for (const stamp of world.stamps) {
    stamp.contact = world.chance(0.002) ? 503 : 200;
    stamp.isCutOff = world.chance(0.002);
    stamp.isDegraded = world.chance(0.005);
    stamp.dependencies = world.chance(0.01) ? { database: 'unhealthy' } : {};
    stamp.slowMs = world.chance(0.005) ? { '*': 800 } : {};
  }
  world.flows.forEach((flow, index) => {
    flow.requestsPerSecond = Math.max(0, (usual[index] ?? 0) * (1 + 0.15 * world.gauss()));
  });
}

test.each([
  { noise: 0.001, rate: 140 },
  { noise: 0.01, rate: 140 },
  { noise: 0.03, rate: 140 },
  { noise: 0.02, rate: 40 },
])(
  'days of noise of $noise at $rate requests per second and short blips evict nobody',
  ({ noise, rate }) => {
    const world = createWorld(rate, 7, { noise });
    const usual = world.flows.map(({ requestsPerSecond }) => requestsPerSecond);
    const end = world.now + days * dayMs;
    const evicted = new Set<string>();
    while (world.now < end) {
      disturb(world, usual);
      for (const id of findUnused(world.tick())) evicted.add(id);
    }
    expect([...evicted]).toEqual([]);
    // Three blips in a row make a stamp degraded for a moment.
    expect(world.changes).toBeLessThanOrEqual(Math.ceil(days));
  },
  600_000,
);

function findUnused(report: SharesReport): string[] {
  const whole = report.stamps.filter(({ weight }) => weight === 0).map(({ id }) => id);
  const flows = report.detours.flatMap(({ flow, weights }) =>
    Object.keys(weights).flatMap((id) => (weights[id] === 0 ? [`${id} ${flow}`] : [])),
  );
  return [...whole, ...flows];
}

const isUnused = (id: string) => (report: SharesReport) => findUnused(report).includes(id);

interface Fault {
  what: string;
  change: Partial<WorldStamp>;
  stamps?: string[];
  found: (report: SharesReport) => boolean;
  limitMs: number;
}

const faults: Fault[] = [
  { what: 'a dead process', change: { isGone: true }, found: isUnused('west-1'), limitMs: 3000 },
  { what: 'a refused connection', change: { contact: 'refused' }, found: isUnused('west-1'), limitMs: 3000 },
  { what: 'a frozen stamp', change: { contact: 'silent' }, found: isUnused('west-1'), limitMs: 3000 },
  { what: 'a stamp that says 503', change: { contact: 503 }, found: isUnused('west-1'), limitMs: 6000 },
  {
    what: '40 % errors on one route',
    change: { errors: { list: 0.4 } },
    found: isUnused('west-1 list'),
    limitMs: 15_000,
  },
  {
    what: '40 % errors on a route with 7 requests per second',
    change: { errors: { post: 0.4 } },
    found: isUnused('west-1 post'),
    limitMs: 15_000,
  },
  {
    what: '10 % errors on one route',
    change: { errors: { list: 0.1 } },
    found: isUnused('west-1 list'),
    limitMs: 15_000,
  },
  {
    what: '800 ms more on one route',
    change: { slowMs: { list: 800 } },
    found: isUnused('west-1 list'),
    limitMs: 15_000,
  },
  {
    what: 'all stamps of a region saying 503',
    change: { contact: 503 },
    stamps: ['west-1', 'west-2'],
    found: ({ cause, regions }) => cause.region === 'west' && regions[0]?.evacuate === true,
    limitMs: 6000,
  },
  {
    what: '40 % errors on one route of a whole region',
    change: { errors: { list: 0.4 } },
    stamps: ['west-1', 'west-2'],
    found: ({ detours }) => detours[0]?.cause.region === 'west' && detours[0].weights['west-2'] === 0,
    limitMs: 15_000,
  },
  {
    what: 'a path to the database that only one stamp has lost',
    change: { dependencies: { database: 'unhealthy' } },
    found: isUnused('west-1'),
    limitMs: 15_000,
  },
];

test.each(faults)(
  '$what is found and left within $limitMs ms',
  ({ change, stamps = ['west-1'], found, limitMs }) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const world = createWorld(140, seed, { tickMs: 1000 });
      for (const id of stamps) Object.assign(world.stamp(id), change);
      expect(world.until(found, 120_000), `seed ${seed}`).toBeLessThanOrEqual(limitMs);
    }
  },
);

test.each<{ what: string; change: (world: ShareWorld, tick: number) => void; changesMax: number }>([
  {
    what: 'a stamp that fails and recovers all the time',
    change: (world, tick) => Object.assign(world.stamp('west-1'), { contact: tick % 20 < 8 ? 503 : 200 }),
    changesMax: 60,
  },
  {
    what: 'a stamp that fails users whenever it is let in',
    change: (world) => Object.assign(world.stamp('west-1'), { errors: { '*': 0.4 } }),
    changesMax: 80,
  },
  {
    what: 'demand that hovers where a region is full',
    change: (world) => {
      world.stamps.forEach((stamp) => Object.assign(stamp, { capacity: 60, isGone: stamp.id === 'west-1' }));
      world.flows.forEach((flow) => (flow.requestsPerSecond = 37 * (1 + 0.1 * world.gauss())));
    },
    changesMax: 150,
  },
  {
    what: 'a degraded stamp while the others can only just do without it',
    change: (world) => {
      world.stamps.forEach((stamp) =>
        Object.assign(stamp, { capacity: 52, isDegraded: stamp.id === 'west-2' }),
      );
      world.flows.forEach((flow) => (flow.requestsPerSecond = 46 * (1 + 0.1 * world.gauss())));
    },
    changesMax: 30,
  },
])('$what changes routes at most $changesMax times an hour', ({ change, changesMax }) => {
  const world = createWorld(140, 3);
  for (let hour = 0; hour < 6; hour += 1) {
    const before = world.changes;
    for (let tick = 0; tick < hourMs / world.tickMs; tick += 1) {
      change(world, tick);
      world.tick();
    }
    expect(world.changes - before, `hour ${hour}`).toBeLessThanOrEqual(changesMax);
  }
});

test('a stamp that fails 40 % of everything for a day costs users less than it would in ten minutes untouched', () => {
  const world = createWorld(140, 5);
  world.stamp('west-1').errors = { '*': 0.4 };
  world.failed = 0;
  world.total = 0;
  world.run(dayMs);
  // A quarter of 140 requests per second, 40 % of them, for 600 s, beside the noise of 0.1 %.
  const noise = world.total * 0.001;
  expect(world.failed - noise).toBeLessThan((140 / 4) * 0.4 * 600);
});
