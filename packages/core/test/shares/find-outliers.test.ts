import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fisherP, quantileMs, zScore } from '../../src/shares/compare-samples.ts';
import { findErrorOutliers, isOutlier, suspectRule } from '../../src/shares/compare-siblings.ts';

const sample = (bad: number, of: number) => ({ bad, good: of - bad });

test('5 of 100 beside 0 of 200 has a z of 3.2 and is an outlier', () => {
  expect(zScore(sample(5, 100), sample(0, 200))).toBeCloseTo(3.2, 1);
  expect(isOutlier(sample(5, 100), sample(0, 200), suspectRule)).toBe(true);
});

test.each([
  { what: 'fewer than 50 requests', own: sample(20, 49), siblings: sample(0, 200) },
  { what: 'less than 2 points more', own: sample(199, 10_000), siblings: sample(0, 10_000) },
  { what: 'less than 3 times as much', own: sample(290, 1000), siblings: sample(100, 1000) },
  { what: 'nothing that chance could not do', own: sample(2, 60), siblings: sample(0, 180) },
])('$what is no outlier', ({ own, siblings }) => {
  expect(isOutlier(own, siblings, suspectRule)).toBe(false);
});

test('Fisher by hand: 3 of 3 beside 0 of 3 happens by chance once in 20 times', () => {
  expect(fisherP(sample(3, 3), sample(0, 3))).toBeCloseTo(1 / 20, 9);
  // All ways of drawing 2 or more of 4 failures into 10 of 30.
  expect(fisherP(sample(2, 10), sample(2, 20))).toBeCloseTo(0.4073, 3);
});

test('two bad ones of four do not hide each other, and neither do 55 % and 98 %', () => {
  const rates = (...bad: number[]) =>
    findErrorOutliers(
      bad.map((count, index) => ({ stamp: 'abcd'[index] ?? '', ...sample(count, 100) })),
      () => suspectRule,
    ).map(({ stamp }) => stamp);
  expect(rates(0, 1, 40, 42).sort()).toEqual(['c', 'd']);
  expect(rates(1, 55, 98).sort()).toEqual(['b', 'c']);
  expect(rates(0, 35, 40, 45).sort()).toEqual(['b', 'c', 'd']);
});

test('when all fail alike nobody is an outlier', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 2, max: 6 }), (bad, stamps) => {
      const all = Array.from({ length: stamps }, (_, index) => ({ stamp: `s${index}`, ...sample(bad, 100) }));
      expect(findErrorOutliers(all, () => suspectRule)).toEqual([]);
    }),
  );
});

test('a quantile is found inside its bucket', () => {
  const latency = latencyBoundsMs.map((bound) => (bound === 10 ? 90 : bound === 1000 ? 10 : 0)).concat(0);
  expect(quantileMs(latency, 0.5)).toBeCloseTo(5 + (5 * 50) / 90);
  expect(quantileMs(latency, 0.95)).toBeCloseTo(750);
  expect(quantileMs([], 0.95)).toBeNull();
});
