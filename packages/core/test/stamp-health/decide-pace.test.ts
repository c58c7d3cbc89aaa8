import { expect, test } from 'vitest';
import { decidePace, firstPace, type Pace } from '../../src/stamp-health/decide-pace.ts';

/** Quiet since long. */
const quiet = decidePace(decidePace(firstPace, [100, 50], 0), [100, 50], 60_000);
const isBusy = (pace: Pace, at: number) => at < pace.busyUntil;

test('a stamp that just began is busy for ten seconds, then quiet', () => {
  const first = decidePace(firstPace, [0, 0], 0);
  expect([0, 9999, 10_000].map((at) => isBusy(first, at))).toEqual([true, true, false]);
  expect(isBusy(quiet, 60_000)).toBe(false);
});

test('probes from outside leave it quiet: one between two looks, or two in a second', () => {
  expect(isBusy(decidePace(quiet, [101, 50], 60_100), 60_100)).toBe(false);
  expect(isBusy(decidePace(quiet, [102, 52], 62_000), 62_000)).toBe(false);
});

test('more are users, and keep it busy for ten seconds after the last of them', () => {
  const busy = decidePace(quiet, [105, 50], 62_000);
  expect(isBusy(busy, 62_000)).toBe(true);
  expect(decidePace(busy, [105, 50], 63_000).busyUntil).toBe(72_000);
});

test('busy is also who does not tell, or is another process than before', () => {
  expect(isBusy(decidePace(quiet, [100, undefined], 62_000), 62_000)).toBe(true);
  expect(isBusy(decidePace(quiet, [0, 50], 62_000), 62_000)).toBe(true);
});
