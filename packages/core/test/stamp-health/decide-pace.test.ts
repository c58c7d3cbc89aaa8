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

test('probes from outside leave it quiet, also when some come at once', () => {
  let pace = quiet;
  for (let n = 1; n <= 100; n += 1) {
    const at = 60_000 + n * 700;
    pace = decidePace(pace, [100 + 4 * Math.floor(n / 5), 50], at);
    expect(isBusy(pace, at)).toBe(false);
  }
});

test('more are users, and keep it busy for ten seconds after the last of them', () => {
  const busy = decidePace(quiet, [111, 50], 62_000);
  expect(isBusy(busy, 62_000)).toBe(true);
  expect(decidePace(busy, [111, 50], 63_000).busyUntil).toBe(72_000);
  let pace = quiet;
  // Three a second are enough, however they are spread.
  for (let at = 60_700; at < 66_000; at += 700)
    pace = decidePace(pace, [100 + Math.round((at - 60_000) * 0.003), 50], at);
  expect(isBusy(pace, 66_000)).toBe(true);
});

test('busy is also who does not tell, or is another process than before', () => {
  expect(isBusy(decidePace(quiet, [100, undefined], 62_000), 62_000)).toBe(true);
  expect(isBusy(decidePace(quiet, [0, 50], 62_000), 62_000)).toBe(true);
});
