import type { BudgetingMethod } from '@alwayson/protocol/words.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureSlo, type SloMoment } from '../../src/slo/measure-slo.ts';
import { momentAfter, repeat, type Script, type ScriptSlice, start, toTraffic } from './traffic-script.ts';

interface Circumstances extends Partial<SloMoment> {
  objective?: number;
  method?: BudgetingMethod;
}

function measure(script: Script, change: Circumstances = {}) {
  const { objective = 0.999, method = 'occurrences', ...moment } = change;
  const slices = Math.max(...Object.values(script).map(({ length }) => length));
  const subject = {
    name: 'buy',
    objective,
    windowDays: 28,
    method,
    traffic: toTraffic(script),
    composite: 0.9995,
    latencyObjectiveMs: 300,
  };
  return measureSlo(subject, momentAfter(slices, moment));
}

const good: ScriptSlice = { counts: { ok: 10 } };
const outage: ScriptSlice = { counts: { 'no-stamp': 10 } };

test('an hour with one bad request in 7,200, by hand', () => {
  const west = [...repeat(359, good), { counts: { ok: 9, timeout: 1, 'client-fault': 4 } }];
  const figures = measure({ west, east: repeat(360, good) });
  expect(figures).toMatchObject({
    objective: 0.999,
    window: '28d',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T01:00:00.000Z',
    state: 'ok',
    measured: 7199 / 7200,
    coverage: 1,
    lowerBound: 7199 / 7200,
    good: 7199,
    bad: 1,
    total: 7200,
    causes: { timeout: 1 },
    notCounted: 4,
    unknown: 0,
    // The minute with it still has 119 of 120.
    minutes: { up: 60, down: 0, unknown: 0, idle: 0 },
    requestsToProve: 2995,
    withoutMaintenance: null,
    attainable: true,
  });
  // 1/7200 of errors for 1 of 672 hours, of 1/1000 allowed.
  expect(figures.budgetRemaining).toBeCloseTo(1 - 1000 / 7200 / 672, 12);
  expect(figures.burnRates[0]).toMatchObject({ long: '1h', short: '5m', threshold: 13.44, firing: false });
  expect(figures.burnRates[0]?.rate).toBeCloseTo(1000 / 7200, 9);
  expect(figures.burnRates[0]?.shortRate).toBeCloseTo(1000 / 600, 9);
  const [low, high] = figures.interval;
  // Wilson, 95 %: 7199 of 7200.
  expect(low).toBeCloseTo(0.9992137, 6);
  expect(high).toBeCloseTo(0.9999755, 6);
});

test('no telemetry for a tenth of the time: measured stays, the strict bound takes it as bad', () => {
  const figures = measure({ west: [...repeat(180, good), ...repeat(20, undefined)] });
  expect(figures).toMatchObject({ measured: 1, coverage: 0.9, unknown: 200, state: 'no-telemetry' });
  expect(figures.lowerBound).toBeCloseTo(0.9, 12);
  expect(figures.minutes).toMatchObject({ up: 30, unknown: 4 });
});

test('the observer of one region dies: its half of the requests is unknown', () => {
  const figures = measure({
    west: [...repeat(180, good), ...repeat(180, undefined)],
    east: repeat(360, good),
  });
  expect(figures).toMatchObject({ measured: 1, coverage: 0.75, unknown: 1800, total: 5400, state: 'ok' });
  expect(figures.lowerBound).toBeCloseTo(0.75, 12);
});

test('a region that never told of anything is taken for the mean of the others', () => {
  expect(measure({ west: repeat(60, good), east: repeat(60, undefined) })).toMatchObject({
    coverage: 0.5,
    lowerBound: 0.5,
  });
});

test('lost lines make a slice unknown, and count at least as many as were lost', () => {
  const idle = repeat(59, {});
  const figures = measure({ west: [...idle, { counts: { ok: 1 }, linesLost: 7 }] });
  expect(figures).toMatchObject({ measured: 1, unknown: 7, lowerBound: 1 / 8 });
  expect(figures.coverage).toBeCloseTo(59 / 60, 12);
});

test('requests that a gateway dropped without a word are bad in the lower bound, and nowhere else', () => {
  const figures = measure({ west: [...repeat(59, good), { ...good, unanswered: 3 }] });
  expect(figures).toMatchObject({ measured: 1, coverage: 1, unknown: 0, unanswered: 3, bad: 0 });
  expect(figures.lowerBound).toBe(600 / 603);
});

test('probes that fail while the gateway is silent make the slice bad', () => {
  const dead: ScriptSlice = { incomplete: true, probes: { good: 0, bad: 2 } };
  const figures = measure({ west: [...repeat(54, good), ...repeat(6, dead)] });
  expect(figures).toMatchObject({
    good: 540,
    bad: 60,
    badByProbes: 60,
    total: 600,
    measured: 0.9,
    minutesDown: 1,
  });
  expect(figures.coverage).toBeCloseTo(0.9, 12);
  expect(figures.lowerBound).toBe(0.9);
  expect(figures.state).toBe('burning');
});

test('a failed probe beside logged requests changes nothing, and a good one never helps', () => {
  const beside = { counts: { ok: 10 }, probes: { good: 0, bad: 1 } };
  expect(measure({ west: [...repeat(59, good), beside] })).toMatchObject({ measured: 1, badByProbes: 0 });
  const hidden = { incomplete: true, probes: { good: 2, bad: 0 } };
  expect(measure({ west: [...repeat(54, good), ...repeat(6, hidden)] })).toMatchObject({
    measured: 1,
    lowerBound: 0.9,
    minutes: { up: 9, down: 0, unknown: 1, idle: 0 },
  });
});

test('nothing was asked is not nothing is known, and neither is 100 %', () => {
  expect(measure({ west: repeat(60, {}) })).toMatchObject({
    state: 'no-traffic',
    measured: null,
    lowerBound: null,
    interval: [0, 1],
    coverage: 1,
    budgetRemaining: null,
    budget: { stage: 'unknown', chaosAllowed: false },
    minutes: { up: 0, down: 0, unknown: 0, idle: 10 },
  });
  expect(measure({ west: repeat(60, undefined) })).toMatchObject({
    state: 'no-telemetry',
    measured: null,
    coverage: 0,
    telemetry: { lastAt: null, silentSeconds: 600, alarm: true },
  });
});

test('an environment that has just begun misses nothing from before', () => {
  expect(measure({ west: repeat(3, good) })).toMatchObject({
    coverage: 1,
    measured: 1,
    lowerBound: 1,
    state: 'ok',
  });
  const { measured, coverage, state } = measure({ west: [] });
  expect({ measured, coverage, state }).toEqual({ measured: null, coverage: 0, state: 'no-traffic' });
});

test('minutes down are counted, and the other two methods read them', () => {
  const west = [...repeat(54, good), ...repeat(6, { counts: { ok: 5, shed: 5 } })];
  expect(measure({ west })).toMatchObject({ measured: 0.95, minutesDown: 1 });
  expect(measure({ west }, { method: 'timeslices' })).toMatchObject({ measured: 0.9, good: 570 });
  expect(measure({ west }, { method: 'ratio-timeslices' }).measured).toBeCloseTo(0.95, 12);
});

test('maintenance stands beside the raw figure, not in its place', () => {
  const west = [...repeat(54, good), ...repeat(6, outage)];
  const maintenance = [{ from: start + 545, to: start + 590 }];
  expect(measure({ west }, { maintenance })).toMatchObject({
    measured: 0.9,
    bad: 60,
    withoutMaintenance: { measured: 1, good: 540, bad: 0, total: 540, excludedSeconds: 60 },
  });
});

test('a spent budget is exhausted, and the policy freezes and asks for a review', () => {
  const west = [...repeat(360, good), ...repeat(360, outage)];
  const figures = measure({ west }, { objective: 0.9999 });
  // Half of two hours of 28 days at a 99.99 % objective: 1 h of 242 s.
  expect(figures.budgetRemaining).toBeCloseTo(1 - 3600 / 241.92, 6);
  expect(figures).toMatchObject({
    state: 'exhausted',
    exhaustedInSeconds: 0,
    budget: { stage: 'freeze', reviewNeeded: true, chaosAllowed: false },
    worstHour: { at: '2026-01-01T01:00:00.000Z', bad: 3600 },
  });
  expect(figures.worstHour?.budgetSpent).toBeCloseTo(3600 / 241.92, 6);
});

test('an objective so low that a pair cannot fire says so', () => {
  const figures = measure({ west: repeat(60, good) }, { objective: 0.9 });
  expect(figures.burnRates.map(({ long }) => long)).toEqual(['6h', '1d', '3d']);
  expect(figures.unreachable).toEqual([{ long: '1h', threshold: 13.44, highestRate: expect.closeTo(10, 9) }]);
});

test.each([0.99, 0.999, 0.9995, 0.9999, 0.99999])(
  'a total outage at %d burns within the time of the table and one slice',
  (objective) => {
    const before = repeat(720, good);
    const seconds = 13.44 * (1 - objective) * 3600;
    const slices = Math.floor(seconds / 10 + 1e-9) + 1;
    const after = (count: number) => measure({ west: [...before, ...repeat(count, outage)] }, { objective });
    expect(after(slices).burnRates[0]?.firing).toBe(true);
    if (slices > 2) expect(after(slices - 2).burnRates[0]?.firing).toBe(false);
  },
);

const slice: fc.Arbitrary<ScriptSlice> = fc.record({
  counts: fc.record({ ok: fc.nat(9), 'upstream-error': fc.nat(2) }),
  probes: fc.record({ good: fc.nat(1), bad: fc.nat(1) }),
  incomplete: fc.boolean(),
  linesLost: fc.nat(1),
});
const script = fc.array(fc.option(slice, { nil: undefined }), { minLength: 60, maxLength: 60 });

test('bounds are in order, whatever was told', () => {
  fc.assert(
    fc.property(script, script, (west, east) => {
      for (const method of [undefined, 'timeslices', 'ratio-timeslices'] as const) {
        const figures = measure({ west, east }, method ? { method } : {});
        const { measured, lowerBound, coverage, interval, good: ok, bad, total } = figures;
        expect(ok + bad).toBe(total);
        expect([ok, bad, total, figures.unknown].every(Number.isInteger)).toBe(true);
        expect(coverage).toBeGreaterThanOrEqual(0);
        expect(coverage).toBeLessThanOrEqual(1);
        if (measured === null || lowerBound === null) continue;
        expect(lowerBound).toBeLessThanOrEqual(measured);
        expect(interval[0]).toBeLessThanOrEqual(measured);
        expect(interval[1]).toBeGreaterThanOrEqual(measured);
        if (coverage === 1) expect(lowerBound).toBe(measured);
      }
    }),
    { numRuns: 60 },
  );
});

test('less coverage of the same requests never raises a figure', () => {
  fc.assert(
    fc.property(script, script, fc.array(fc.nat(59)), (west, east, removed) => {
      const less = west.map((each, index) =>
        each && removed.includes(index) ? { ...each, incomplete: true } : each,
      );
      for (const method of [undefined, 'timeslices'] as const) {
        const before = measure({ west, east }, method ? { method } : {});
        const after = measure({ west: less, east }, method ? { method } : {});
        expect(after.coverage).toBeLessThanOrEqual(before.coverage);
        if (method !== 'timeslices') {
          expect(after.measured ?? 0).toBeLessThanOrEqual(before.measured ?? 1);
        }
        expect(after.lowerBound ?? 0).toBeLessThanOrEqual(before.lowerBound ?? 1);
      }
    }),
    { numRuns: 60 },
  );
});

test('at a steady rate, an observer that dies never raises the strict bound', () => {
  const steady = fc.nat(2).map((bad) => ({ counts: { ok: 10 - bad, timeout: bad } }));
  const told = fc.array(steady, { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(told, fc.integer({ min: 1, max: 60 }), (west, diesAt) => {
      const before = measure({ west });
      const after = measure({ west: west.map((each, index) => (index < diesAt ? each : undefined)) });
      expect(after.lowerBound ?? 0).toBeLessThanOrEqual((before.lowerBound ?? 1) + 1e-12);
    }),
    { numRuns: 60 },
  );
});
