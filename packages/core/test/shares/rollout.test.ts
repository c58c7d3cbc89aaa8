import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { expect, test } from 'vitest';
import { isSameRollout } from '../../src/routes/is-parts-in-force.ts';
import type { WorldStamp } from './share-world.ts';
import { createRolloutWorld, ofRelease, partsOf, partsWanted, shift, toParts } from './rollout-world.ts';

/** Every stamp can carry 100 requests per second, so each release 400; half of the demand comes to each region. */
interface Vector {
  row: string;
  demand: number;
  parts: [west: number, east: number];
  /** What happens once the parts are in force. */
  faults?: Record<string, Partial<WorldStamp>>;
  /** Percent that the new release then gets of the requests of west and east. */
  split: [west: number, east: number];
  cause?: SharesReport['cause']['kind'];
  overflow?: boolean;
}

const soft = { contact: 503 } as const;
const hard = { contact: 'refused' } as const;
const all = (release: string, fault: Partial<WorldStamp>) =>
  Object.fromEntries(['west-1', 'west-2', 'east-1', 'east-2'].map((zone) => [`${zone}-${release}`, fault]));
const west = (release: string, fault: Partial<WorldStamp>) =>
  Object.fromEntries(['west-1', 'west-2'].map((zone) => [`${zone}-${release}`, fault]));

const vectors: Vector[] = [
  { row: 'part 0: the new release gets nothing', demand: 150, parts: [0, 0], split: [0, 0] },
  { row: '5 % is 5 %', demand: 150, parts: [0.05, 0.05], split: [5, 5] },
  { row: '1 % is 1 %', demand: 150, parts: [0.01, 0.01], split: [1, 1] },
  { row: '25 % in one region only', demand: 150, parts: [0.25, 0], split: [25, 0] },
  { row: 'regions apart: 50 % and 5 %', demand: 150, parts: [0.5, 0.05], split: [50, 5] },
  { row: 'part 1: the old release gets nothing', demand: 150, parts: [1, 1], split: [100, 100] },
  { row: 'parts hold without any demand', demand: 0, parts: [0.25, 0.25], split: [25, 25] },
  {
    row: 'part 0 and the old stamps full: still nothing for a release that nobody knows',
    demand: 450,
    parts: [0, 0],
    split: [0, 0],
  },
  {
    row: 'part 0 and the old stamps of a region bad: the old ones of the other region',
    demand: 150,
    parts: [0, 0],
    faults: west('one', soft),
    split: [0, 0],
    cause: 'independent',
  },
  {
    row: 'part 0 and all old stamps bad: the new release is all there is',
    demand: 150,
    parts: [0, 0],
    faults: all('one', soft),
    split: [100, 100],
    cause: 'release',
  },
  {
    row: 'part 1 and all new stamps dead: the old release catches everything',
    demand: 150,
    parts: [1, 1],
    faults: all('two', hard),
    split: [0, 0],
    cause: 'none',
  },
  {
    row: 'part 1 and all new stamps bad: the old release catches everything, and it is the release',
    demand: 150,
    parts: [1, 1],
    faults: all('two', soft),
    split: [0, 0],
    cause: 'release',
  },
  {
    row: 'part 1 and new stamps of a region dead: the new ones of the other region can carry it',
    demand: 150,
    parts: [1, 1],
    faults: west('two', hard),
    split: [100, 100],
  },
  {
    row: 'part 1 and too few new stamps left: old ones take what does not fit',
    demand: 300,
    parts: [1, 1],
    faults: west('two', hard),
    // West asks for 165 and finds what east leaves of 200: 35.
    split: [21, 100],
  },
  {
    row: '50 % and a new stamp bad: its neighbour takes its part, the release keeps it',
    demand: 150,
    parts: [0.5, 0.5],
    faults: { 'west-1-two': soft },
    split: [50, 50],
    cause: 'stamp',
  },
  {
    row: '50 % and an old stamp bad: its neighbour takes its part',
    demand: 150,
    parts: [0.5, 0.5],
    faults: { 'west-1-one': soft },
    split: [50, 50],
    cause: 'stamp',
  },
  {
    row: '25 % and a region bad, both releases: the other region, with the part of who asks',
    demand: 150,
    parts: [0.25, 0.05],
    faults: { ...west('one', hard), ...west('two', hard) },
    split: [25, 5],
  },
  {
    row: '25 % and everybody bad: nothing is poured away, and the parts stay',
    demand: 150,
    parts: [0.25, 0.25],
    faults: { ...all('one', soft), ...all('two', soft) },
    split: [25, 25],
    cause: 'all-bad',
    overflow: true,
  },
];

test.each(vectors)('$row', ({ demand, parts, faults = {}, split, cause = 'none', overflow = false }) => {
  const world = createRolloutWorld({ flows: [{ name: 'browse', requestsPerSecond: demand }] });
  shift(world, ...parts);
  world.run(30_000);
  for (const [id, fault] of Object.entries(faults)) Object.assign(world.stamp(id), fault);
  const report = world.run(20_000);
  partsWanted(world).forEach((part, index) => {
    expect(Math.abs(part * 100 - (split[index] ?? 0))).toBeLessThan(1);
  });
  expect(report.cause.kind).toBe(cause);
  expect(report.overflow > 0).toBe(overflow);
  expect(isSameRollout(report.rollout, world.rollout)).toBe(true);
});

test('a step is in the weights with the next decision, again and again, and is told with them', () => {
  const world = createRolloutWorld();
  for (const part of [0.05, 0.25, 0.5, 0.05, 1, 0]) {
    const before = world.report?.generation ?? 0;
    shift(world, part);
    for (const found of partsOf(world)) expect(Math.abs(found - part)).toBeLessThan(0.015);
    expect(world.report?.generation).toBe(before + 1);
    expect(world.memory.routing?.rollout).toEqual(toParts(part));
    const { generation } = world.run(30_000);
    expect(generation).toBe(before + 1);
  }
});

test('the same parts for another candidate, or none, are a change too', () => {
  const world = createRolloutWorld();
  const { generation } = world.tick();
  world.rollout = { candidate: 'one', parts: { west: 1, east: 1 } };
  expect(world.tick()).toMatchObject({ generation: generation + 1, rollout: { candidate: 'one' } });
  world.rollout = null;
  const report = world.tick();
  expect(report.generation).toBe(generation + 2);
  expect(report).not.toHaveProperty('rollout');
});

test('a new release serves after two good looks, without a trial; and nothing changes for it when it is live', () => {
  const world = createRolloutWorld();
  const standings = () => ofRelease(world, 'two').map(({ id }) => world.memory.stamps[id]?.standing.kind);
  expect(new Set(standings())).toEqual(new Set(['serving']));
  shift(world, 1);
  world.run(60_000);
  for (const stamp of ofRelease(world, 'one')) stamp.operator = { state: 'drain', reason: 'on its way out' };
  world.run(10_000);
  world.rollout = null;
  const report = world.run(20_000);
  expect(new Set(standings())).toEqual(new Set(['serving']));
  expect(report.stamps.filter(({ weight }) => weight > 0).map(({ release }) => release)).toEqual(
    Array.from({ length: 4 }, () => 'two'),
  );
});

test('one look is not enough, and a stamp that falls during its rollout climbs as everybody does', () => {
  const world = createRolloutWorld();
  world.stamp('west-1-two').contact = 'refused';
  shift(world, 0.5);
  world.run(10_000);
  world.stamp('west-1-two').contact = 200;
  world.run(10_000);
  expect(world.memory.stamps['west-1-two']?.standing.kind).toBe('out');
  expect(world.until(({ stamps }) => isAt(stamps, 'west-1-two', 'trial'), 60_000)).not.toBeNull();
  expect(world.until(({ stamps }) => isAt(stamps, 'west-1-two', 'slow-start'), 60_000)).not.toBeNull();
  const late = createRolloutWorld();
  const stamp = late.stamp('west-1-two');
  Object.assign(stamp, { operator: { state: 'off', reason: 'test' } });
  late.tick();
  stamp.operator = null;
  expect(late.tick().stamps.find(({ id }) => id === stamp.id)?.standing.kind).toBe('unseen');
  expect(late.tick().stamps.find(({ id }) => id === stamp.id)?.standing.kind).toBe('serving');
});

function isAt(stamps: SharesReport['stamps'], id: string, kind: string): boolean {
  return stamps.find((stamp) => stamp.id === id)?.standing.kind === kind;
}

test('old stamps at part 0 stay serving, so that the way back takes one decision', () => {
  const world = createRolloutWorld();
  shift(world, 1);
  world.run(1_800_000);
  expect(partsOf(world)).toEqual([1, 1]);
  shift(world, 0);
  expect(partsOf(world)).toEqual([0, 0]);
  expect(world.report?.stamps.filter(({ release }) => release === 'one').map(({ weight }) => weight)).toEqual(
    [256, 256, 256, 256],
  );
});
