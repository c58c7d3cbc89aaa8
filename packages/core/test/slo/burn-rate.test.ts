import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BurnPair,
  decideBurn,
  decideTrickle,
  isReachable,
  toBurnPairs,
  toExhaustionSeconds,
  toTelemetryAlarmSeconds,
  toTimeToFireSeconds,
} from '../../src/slo/burn-rate.ts';

const [hourPair, , , threeDayPair] = toBurnPairs(30) as [BurnPair, BurnPair, BurnPair, BurnPair];

test.each([
  [30, [14.4, 6, 3, 1]],
  [28, [13.44, 5.6, 2.8, 0.9333]],
])('the pairs of %i days: 1h/5m, 6h/30m, 1d/2h, 3d/6h', (windowDays, thresholds) => {
  const pairs = toBurnPairs(windowDays);
  expect(pairs.map(({ longSeconds }) => longSeconds)).toEqual([3600, 21_600, 86_400, 259_200]);
  expect(pairs.map(({ shortSeconds }) => shortSeconds)).toEqual([300, 1800, 7200, 21_600]);
  expect(pairs.map(({ action }) => action)).toEqual(['page', 'page', 'ticket', 'ticket']);
  for (const [index, { threshold }] of pairs.entries())
    expect(threshold).toBeCloseTo(thresholds[index] ?? 0, 4);
});

test('other periods scale the windows, rounded up to slices and never to nothing', () => {
  expect(toBurnPairs(7).map(({ longSeconds, shortSeconds }) => [longSeconds, shortSeconds])).toEqual([
    [840, 70],
    [5040, 420],
    [20_160, 1680],
    [60_480, 5040],
  ]);
  for (let days = 1; days <= 365; days += 1) {
    for (const pair of toBurnPairs(days)) {
      expect(pair.longSeconds % 10).toBe(0);
      expect(pair.shortSeconds).toBeGreaterThanOrEqual(pair.longSeconds / 12);
      expect(pair.shortSeconds).toBeLessThan(pair.longSeconds);
      expect(pair.threshold).toBeGreaterThan(0);
    }
  }
});

test.each([
  ['99 %', 0.99, 518.4],
  ['99.9 %', 0.999, 51.84],
  ['99.95 %', 0.9995, 25.92],
  ['99.99 %', 0.9999, 5.184],
  ['99.999 %', 0.99999, 0.5184],
])('time to fire on a total outage at %s', (_, objective, seconds) => {
  expect(toTimeToFireSeconds(hourPair, objective)).toBeCloseTo(seconds, 6);
  // The period cancels out: the same at 28 days.
  expect(toTimeToFireSeconds(toBurnPairs(28)[0] ?? hourPair, objective)).toBeCloseTo((seconds * 28) / 30, 6);
});

test('a pair that not even a total outage reaches is told: below 93.1 % the page pair of 30 days', () => {
  expect(isReachable(hourPair, 0.93)).toBe(false);
  expect(isReachable(hourPair, 0.931)).toBe(true);
  expect(isReachable(threeDayPair, 0.5)).toBe(true);
});

const noBad = { bad: 0, total: 10_000 };

test('it takes both windows: an outage that is over does not fire', () => {
  const outage = { bad: 500, total: 10_000 };
  expect(decideBurn(hourPair, 0.999, { long: outage, short: outage })).toMatchObject({
    rate: expect.closeTo(50, 6),
    shortRate: expect.closeTo(50, 6),
    firing: true,
    held: false,
  });
  expect(decideBurn(hourPair, 0.999, { long: outage, short: noBad }).firing).toBe(false);
  expect(decideBurn(hourPair, 0.999, { long: noBad, short: outage }).firing).toBe(false);
});

test.each([
  ['one failure among 69 in an hour', { bad: 1, total: 69 }, { bad: 1, total: 6 }],
  ['four failures', { bad: 4, total: 200 }, { bad: 4, total: 20 }],
  ['ten requests, all bad', { bad: 10, total: 10 }, { bad: 10, total: 10 }],
])('too few to fire: %s', (_, long, short) => {
  expect(decideBurn(hourPair, 0.999, { long, short })).toMatchObject({ firing: false, held: true });
});

test('a trickle that nearly always fails is found by its count, and ends when good traffic is back', () => {
  const long = { bad: 27, total: 30 };
  expect(decideTrickle(threeDayPair, 0.999, { long, short: { bad: 2, total: 2 } }).firing).toBe(true);
  expect(decideTrickle(threeDayPair, 0.999, { long, short: { bad: 0, total: 20 } }).firing).toBe(false);
  const few = { bad: 4, total: 4 };
  expect(decideTrickle(threeDayPair, 0.999, { long: few, short: few }).firing).toBe(false);
});

test('without requests there is no rate', () => {
  const none = { bad: 0, total: 0 };
  expect(decideBurn(hourPair, 0.999, { long: none, short: none })).toMatchObject({
    rate: null,
    shortRate: null,
    firing: false,
  });
});

test('exhaustion is period x remaining / rate', () => {
  expect(toExhaustionSeconds(14.4, 1, 30)).toBe(180_000);
  expect(toExhaustionSeconds(1, 0.5, 28)).toBe(14 * 86_400);
  expect(toExhaustionSeconds(0, 0.5, 28)).toBeNull();
  expect(toExhaustionSeconds(null, 0.5, 28)).toBeNull();
  expect(toExhaustionSeconds(2, -0.1, 28)).toBe(0);
  expect(toExhaustionSeconds(2, null, 28)).toBeNull();
});

test('silence is an alarm a little after an outage would be', () => {
  expect(toTelemetryAlarmSeconds(hourPair, 0.99)).toBeCloseTo(518.4 + 120, 6);
});

test('a total outage fires by the table, whatever the period, the objective and the traffic', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 365 }),
      fc.double({ min: 0.95, max: 0.99999, noNaN: true }),
      fc.integer({ min: 5, max: 1000 }),
      (windowDays, objective, requestsPerSlice) => {
        const pair = toBurnPairs(windowDays)[0] ?? hourPair;
        const count = (windowSeconds: number, outageSlices: number) => {
          const slices = windowSeconds / 10;
          return {
            bad: Math.min(outageSlices, slices) * requestsPerSlice,
            total: slices * requestsPerSlice,
          };
        };
        const firesAfter = (slices: number) =>
          decideBurn(pair, objective, {
            long: count(pair.longSeconds, slices),
            short: count(pair.shortSeconds, slices),
          }).firing;
        const due = Math.floor(toTimeToFireSeconds(pair, objective) / 10 + 1e-9) + 1;
        expect(firesAfter(due)).toBe(true);
        if (due > 2) expect(firesAfter(due - 2)).toBe(false);
      },
    ),
  );
});
