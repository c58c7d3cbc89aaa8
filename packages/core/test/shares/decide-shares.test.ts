import { SharesReport, type StampClass } from '@alwayson/protocol/shares.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideShares } from '../../src/shares/decide-shares.ts';
import { fourStamps, ShareWorld, type WorldStamp } from './share-world.ts';

const faults: Partial<WorldStamp>[] = [
  {},
  { contact: 503 },
  { contact: 'refused' },
  { contact: 'silent' },
  { isGone: true },
  { isCutOff: true },
  { isDegraded: true },
  { dependencies: { database: 'unhealthy' } },
  { dependencies: { cache: 'unhealthy' } },
  { operator: { state: 'drain', reason: 'test' } },
  { errors: { browse: 0.4 } },
  { slowMs: { '*': 800 } },
];
const healthy = {
  contact: 200,
  isGone: false,
  isCutOff: false,
  isDegraded: false,
  dependencies: {},
} as const;
const whole = { ...healthy, operator: null, errors: {}, slowMs: {}, probes: {} };

const step = fc.record({
  stamp: fc.constantFrom(...fourStamps.map(({ id }) => id)),
  fault: fc.constantFrom(...faults),
  ticks: fc.integer({ min: 1, max: 12 }),
});

function createWorld(seed = 1): ShareWorld {
  const flows = [
    { name: 'browse', requestsPerSecond: 80 },
    { name: 'write', requestsPerSecond: 40 },
  ];
  return new ShareWorld({ stamps: fourStamps, flows, seed });
}

test('whatever happens: shares sum to 1, the pool never empties, memory is JSON and decisions repeat', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.nat(), (steps, seed) => {
      const world = createWorld(seed);
      world.run(20_000);
      for (const { stamp, fault, ticks } of steps) {
        Object.assign(world.stamp(stamp), whole, fault);
        for (let tick = 0; tick < ticks; tick += 1) {
          const before = structuredClone(world.memory);
          const report = world.tick();
          expectSound(report);
          const copy = JSON.parse(JSON.stringify(before));
          expect(copy).toEqual(before);
          const evidence = world.evidence();
          expect(decideShares(copy, evidence, world.now)).toEqual(decideShares(before, evidence, world.now));
        }
      }
    }),
    { numRuns: 60 },
  );
});

function expectSound(report: SharesReport): void {
  expect(SharesReport.parse(report)).toEqual(report);
  const isOff = ({ class: found, standing }: SharesReport['stamps'][number]) =>
    found === 'off' && standing.kind === 'unseen';
  if (report.stamps.every(isOff)) return;
  const shares = report.stamps.reduce((sum, { share }) => sum + share, 0);
  expect(shares).toBeCloseTo(1, 6);
  expect(report.stamps.some(({ weight }) => weight > 0)).toBe(true);
  for (const { weights } of [...report.pools, ...report.detours]) {
    expect(Object.values(weights).some((weight) => weight > 0)).toBe(true);
  }
  expect(report.detours.length).toBeLessThanOrEqual(8);
}

test('a cause that all share changes no share and no weight, however unevenly it is felt', () => {
  const shared: Partial<WorldStamp>[] = [
    { dependencies: { database: 'unhealthy' }, errors: { write: 0.9 } },
    { dependencies: { cache: 'unhealthy' }, slowMs: { '*': 400 } },
    { probes: { browse: false }, errors: { browse: 1 } },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...shared),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
      fc.nat(),
      (fault, delays, seed) => {
        const world = createWorld(seed);
        const before = world.run(120_000);
        const sameAsBefore = (report: SharesReport) => {
          expect(report.stamps.map(({ weight }) => weight)).toEqual(
            before.stamps.map(({ weight }) => weight),
          );
          expect(report.pools).toEqual([]);
          expect(report.detours).toEqual([]);
        };
        for (const change of [fault, whole]) {
          for (let tick = 0; tick < 30; tick += 1) {
            world.stamps.forEach((stamp, index) => {
              if (delays[index] === tick) Object.assign(stamp, change);
            });
            sameAsBefore(world.tick());
          }
        }
        expect(world.report?.generation).toBe(before.generation);
      },
    ),
    { numRuns: 60 },
  );
});

const order: StampClass[] = ['ok', 'degraded', 'soft', 'hard', 'off'];
const byClass: Record<StampClass, Partial<WorldStamp>> = {
  ok: {},
  degraded: { isDegraded: true },
  soft: { contact: 503 },
  hard: { contact: 'refused' },
  off: { operator: { state: 'off', reason: 'test' } },
};

test('a stamp that is worse never has a larger share', () => {
  const pool = fc.array(fc.constantFrom(...order), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(pool, fc.nat(3), fc.integer({ min: 10, max: 500 }), (classes, index, demand) => {
      const shares = order.map((found) => shareOf(classes.with(index, found), index, demand));
      for (const [worse, share] of shares.entries()) {
        if (worse > 0) expect(share).toBeLessThanOrEqual((shares[worse - 1] ?? 0) + 1e-6);
      }
    }),
    { numRuns: 60 },
  );
});

function shareOf(classes: readonly StampClass[], index: number, demand: number): number {
  const flows = [{ name: 'browse', requestsPerSecond: demand }];
  const world = new ShareWorld({ stamps: fourStamps, flows, isSteady: true });
  world.run(70_000);
  world.stamps.forEach((stamp, at) => Object.assign(stamp, byClass[classes[at] ?? 'ok']));
  return world.run(16_000).stamps[index]?.share ?? 0;
}

test('what the control plane cannot see and gateways can use is not evicted; without any sight everything stays', () => {
  const world = createWorld();
  const before = world.run(60_000);
  Object.assign(world.stamp('west-1'), { isCutOff: true });
  expect(world.run(30_000).stamps[0]).toMatchObject({ class: 'degraded', standing: { kind: 'serving' } });
  const { memory } = world;
  const dark = world.evidence().stamps.map((stamp) => ({ ...stamp, contact: null, gateways: [] }));
  const evidence = { ...world.evidence(), stamps: dark, demand: [] };
  const { decision } = decideShares(memory, evidence, world.now + 60_000);
  expect(decision.blind).toBe(true);
  expect(decision.generation).toBe(memory.routing?.generation);
  expect(decision.stamps.every(({ weight }) => weight > 0)).toBe(true);
  expect(before.blind).toBe(false);
});

test('a stamp that goes bad for one flow keeps the others; bad for all, it is out as a whole', () => {
  const world = createWorld();
  world.run(60_000);
  world.stamp('west-1').errors = { browse: 0.4 };
  world.run(14_000);
  const [detour] = world.report?.detours ?? [];
  expect(detour).toMatchObject({ flow: 'browse', cause: { kind: 'stamp', stamps: ['west-1'] } });
  expect(detour?.weights).toMatchObject({ 'west-1': 0, 'west-2': 256 });
  expect(world.report?.stamps[0]?.weight).toBe(256);
  world.stamp('west-1').errors = { '*': 0.4 };
  const isOut = world.until(({ stamps }) => stamps[0]?.weight === 0, 60_000);
  expect(isOut).not.toBeNull();
});

test('probes that asked a stamp before it served say nothing about it: after a start nobody is passed over', () => {
  const world = createWorld();
  for (const stamp of world.stamps) Object.assign(stamp, { contact: 'refused', probes: { browse: false } });
  world.run(20_000);
  world.stamps.forEach((stamp, index) => {
    stamp.contact = 200;
    // The last probes of the others are of before they served.
    if (index === 0) stamp.probes = { browse: true };
  });
  world.run(6000);
  for (const stamp of world.stamps) stamp.probes = { browse: true };
  world.run(60_000, ({ detours }) => expect(detours).toEqual([]));
});

test('a stamp that came back from an outage is out for no flow that its probes missed meanwhile', () => {
  const world = createWorld();
  world.run(60_000);
  Object.assign(world.stamp('west-1'), { contact: 'refused', probes: { browse: false } });
  world.run(20_000, ({ detours }) => expect(detours).toEqual([]));
  Object.assign(world.stamp('west-1'), { contact: 200, probes: { browse: true } });
  world.run(120_000, ({ detours }) => expect(detours).toEqual([]));
  expect(world.report?.stamps[0]).toMatchObject({ weight: 256, standing: { kind: 'serving' } });
});

test('a release whose stamps fail a flow is named, so that it can be rolled back', () => {
  const stamps = ['one', 'two'].flatMap((release) =>
    ['west', 'east'].map((region) => ({ id: `${region}-${release}`, region, release })),
  );
  const world = new ShareWorld({ stamps, flows: [{ name: 'browse', requestsPerSecond: 120 }] });
  world.run(60_000);
  for (const id of ['west-two', 'east-two']) world.stamp(id).errors = { browse: 0.3 };
  const found = world.until(({ detours }) => detours[0]?.cause.release === 'two', 15_000);
  expect(found).not.toBeNull();
  expect(world.report?.detours[0]?.weights).toMatchObject({ 'west-two': 0, 'east-two': 0, 'west-one': 256 });
});

test('users fail and the stamp says it is well: a blind spot; it is called bad and users see nothing: the probe lies', () => {
  const world = createWorld();
  world.run(60_000);
  world.stamp('west-1').errors = { browse: 0.4 };
  const kinds: string[] = [];
  world.run(14_000, ({ findings }) => kinds.push(...findings.map(({ kind }) => kind)));
  expect(new Set(kinds)).toEqual(new Set(['model-blind-spot']));
  world.stamp('west-1').errors = {};
  Object.assign(world.stamp('east-1'), { verdict: { state: 'unhealthy', reason: 'test' } });
  const report = world.run(30_000);
  expect(report.findings).toMatchObject([{ kind: 'probe-lies', stamp: 'east-1' }]);
  expect(report.stamps[2]).toMatchObject({ class: 'degraded', standing: { kind: 'serving' } });
});

test('a region that cannot carry its own demand sends the rest to the other', () => {
  const world = new ShareWorld({ stamps: fourStamps, flows: [{ name: 'browse', requestsPerSecond: 250 }] });
  world.run(60_000);
  world.stamp('west-1').contact = 'refused';
  const report = world.run(10_000);
  expect(report.overflow).toBe(0);
  expect(report.pools.map(({ gateway }) => gateway)).toEqual(['west']);
  const weights = report.pools[0]?.weights ?? {};
  expect(weights).toMatchObject({ 'west-1': 0, 'west-2': 256 });
  expect(weights['east-1']).toBeGreaterThan(0);
});

test('more than eight bad flows are no detours: the stamp is not used for any of them', () => {
  const flows = Array.from({ length: 10 }, (_, index) => ({ name: `flow-${index}`, requestsPerSecond: 40 }));
  const stamps = fourStamps.map((stamp) => ({ ...stamp, capacity: 500 }));
  const world = new ShareWorld({ stamps, flows: [...flows, { name: 'good', requestsPerSecond: 40 }] });
  world.run(60_000);
  world.stamp('west-1').errors = Object.fromEntries(flows.map(({ name }) => [name, 0.5]));
  const report = world.run(20_000);
  expect(report.detours.length).toBe(8);
  expect(report.stamps[0]?.weight).toBe(0);
});

test('with every stamp off there is nothing to give, and nothing breaks', () => {
  const world = createWorld();
  world.run(60_000);
  for (const stamp of world.stamps) stamp.operator = { state: 'off', reason: 'test' };
  const report = world.tick();
  expect(report.stamps.map(({ weight }) => weight)).toEqual([0, 0, 0, 0]);
  expect(report.pools).toEqual([]);
  expect(report.cause.kind).toBe('none');
});

test('a new stamp beside others is tried first; the first ones of all serve at once', () => {
  const world = createWorld();
  world.stamp('west-1').contact = 'refused';
  world.run(10_000);
  expect(world.report?.stamps.map(({ standing }) => standing.kind)).toEqual([
    'unseen',
    'serving',
    'serving',
    'serving',
  ]);
  expect(world.report?.stamps[0]).toMatchObject({ class: 'off', weight: 0 });
  world.run(80_000);
  world.stamp('west-1').contact = 200;
  expect(world.run(6000).stamps[0]).toMatchObject({ standing: { kind: 'trial' }, weight: 5 });
});

test('the first ones of all are joined by each further one as soon as it is known to be good', () => {
  const world = createWorld();
  for (const id of ['west-2', 'east-1', 'east-2']) world.stamp(id).contact = 'refused';
  const used = (report: SharesReport) => report.stamps.filter(({ weight }) => weight > 0).map(({ id }) => id);
  expect(used(world.tick())).toEqual(['west-1']);
  for (const id of ['west-2', 'east-1', 'east-2']) {
    world.stamp(id).contact = 200;
    world.tick();
    expect(used(world.tick())).toContain(id);
  }
  expect(world.report?.stamps.map(({ weight }) => weight)).toEqual([256, 256, 256, 256]);
});

test('an operator is obeyed at once, also when nothing can be observed', () => {
  const world = createWorld();
  world.run(60_000);
  world.stamp('east-1').operator = { state: 'maintenance', reason: 'disk' };
  expect(world.tick().stamps[2]).toMatchObject({ class: 'off', weight: 0, reason: 'maintenance: disk' });
  world.stamp('east-2').operator = { state: 'drain', reason: 'test' };
  const dark = world.evidence().stamps.map((stamp) => ({ ...stamp, contact: null, gateways: [] }));
  const { decision } = decideShares(world.memory, { ...world.evidence(), stamps: dark }, world.now + 1000);
  expect(decision).toMatchObject({ blind: true });
  expect(decision.stamps.map(({ weight }) => weight)).toEqual([256, 256, 0, 0]);
});
