import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { expect, test } from 'vitest';
import { decideShares } from '../../src/shares/decide-shares.ts';
import type { StampEvidence } from '../../src/shares/share-evidence.ts';
import { fourStamps, ShareWorld } from './share-world.ts';

const flows = [
  { name: 'buy', requestsPerSecond: 80, criticality: 'high' },
  { name: 'rate', requestsPerSecond: 40, criticality: 'medium' },
  { name: 'browse', requestsPerSecond: 60, criticality: 'low' },
] as const;

function createWorld(capacity: number, seed = 1): ShareWorld {
  const stamps = fourStamps.map((stamp) => ({ ...stamp, capacity }));
  const world = new ShareWorld({ stamps, flows: flows.map((flow) => ({ ...flow })), seed, tickMs: 1000 });
  world.run(120_000);
  world.changes = 0;
  return world;
}

const parts = ({ refused }: SharesReport) =>
  Object.fromEntries(refused.map(({ flow, part }) => [flow, part]));
/** What stamps that are of no use get of all that is served. */
const onBad = ({ stamps }: SharesReport) =>
  stamps.reduce((sum, { class: found, share }) => sum + (found === 'soft' ? share : 0), 0);

test('with a zone lost and too little left, low flows are refused within seconds and come back with the stamp', () => {
  const world = createWorld(50);
  expect(world.report).toMatchObject({ refused: [], shed: 0 });
  world.stamp('west-1').isGone = true;
  expect(world.until(({ refused }) => refused.length > 0, 60_000)).toBeLessThanOrEqual(6000);
  const report = world.run(30_000);
  expect(parts(report)).toEqual({ browse: 0.5 });
  expect(report.refused[0]).toMatchObject({ criticality: 'low', requestsPerSecond: 30 });
  // What clients ask for is told whole, what stamps are to carry without what is refused.
  expect(report.demand).toBeCloseTo(180, 0);
  expect(report.shed).toBeCloseTo(30, 0);
  expect(report.stamps.reduce((sum, { demand }) => sum + demand, 0)).toBeCloseTo(150, 0);
  world.stamp('west-1').isGone = false;
  expect(world.until(({ refused }) => refused.length === 0, 300_000)).not.toBeNull();
});

test('low flows are refused before anything goes to stamps that fail, and nothing goes there then', () => {
  const world = createWorld(60);
  Object.assign(world.stamp('west-1'), {
    verdict: { state: 'unhealthy', reason: 'test' },
    errors: { '*': 0.9 },
  });
  const found = world.until(({ stamps }) => stamps[0]?.class === 'soft', 60_000);
  expect(found).not.toBeNull();
  const report = world.run(30_000);
  expect(parts(report)).toEqual({ browse: 0.3 });
  expect(report.overflow).toBe(0);
  expect(onBad(report)).toBe(0);
});

test('a shared outage refuses nobody', () => {
  const world = createWorld(60);
  for (const stamp of world.stamps) stamp.dependencies = { database: 'unhealthy' };
  const report = world.run(60_000);
  expect(report.cause.kind).toBe('shared');
  expect(report.refused).toEqual([]);
});

test('when nothing can be seen any more, what is refused stays', () => {
  const world = createWorld(50);
  world.stamp('west-1').isGone = true;
  const before = parts(world.run(40_000));
  expect(before).toEqual({ browse: 0.5 });
  world.stamp('west-1').isGone = false;
  const seen = world.evidence();
  const stamps = seen.stamps.map((stamp): StampEvidence => ({ ...stamp, contact: null, gateways: [] }));
  let { memory } = world;
  for (let second = 1; second <= 120; second += 1) {
    const next = decideShares(memory, { ...seen, demand: [], stamps }, world.now + second * 1000);
    expect(next.decision.blind).toBe(true);
    expect(parts(next.decision)).toEqual(before);
    ({ memory } = next);
  }
});

test.each([45, 52, 60])(
  'an hour of demand that varies around %d requests per second and stamp flap neither refusals nor routes',
  (capacity) => {
    const world = createWorld(capacity, capacity);
    Object.assign(world.stamp('east-2'), { isGone: true });
    world.run(60_000);
    let last = '';
    let changes = 0;
    for (let tick = 0; tick < 3600; tick += 1) {
      world.flows.forEach((flow, index) => {
        flow.requestsPerSecond = (flows[index]?.requestsPerSecond ?? 0) * (1 + 0.1 * world.gauss());
      });
      const report = world.tick();
      expect(report.refused.every(({ criticality }) => criticality !== 'high')).toBe(true);
      const now = JSON.stringify(parts(report));
      if (now !== last) changes += 1;
      last = now;
    }
    expect(changes).toBeLessThanOrEqual(20);
  },
);
