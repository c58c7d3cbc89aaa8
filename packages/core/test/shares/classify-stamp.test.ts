import { expect, test } from 'vitest';
import {
  createLatch,
  decideLatch,
  type StampReading,
  toOwnReasons,
} from '../../src/shares/classify-stamp.ts';
import type { StampLatch } from '../../src/shares/share-memory.ts';

const start = Date.UTC(2026, 0, 1);

function look(atMs: number, level: 'soft' | 'hard' | null): StampReading {
  const own = level === null ? [] : [{ level, key: 'self', text: 'it answers 503' }];
  return { observedAt: start + atMs, operator: null, isReached: true, isHeard: true, own, shared: [] };
}

/** When, in ms, evidence that is bad from the first look on is believed, or a fault that has ended forgiven. */
function whenSettled(everyMs: number, level: 'soft' | 'hard' | null, latch: StampLatch = createLatch()) {
  const wanted = level === null ? 0 : 1;
  let held = latch;
  for (let at = 0; at < 60_000; at += everyMs) {
    held = decideLatch(held, look(at, level));
    if (toOwnReasons(held).length === wanted) return { at, held };
  }
  throw new Error('never');
}

test.each([100, 500, 1000, 1900])(
  'asked every %i ms, nothing is believed sooner than when asked every 2 s',
  (everyMs) => {
    expect(whenSettled(everyMs, 'hard').at).toBeGreaterThanOrEqual(1700);
    expect(whenSettled(everyMs, 'soft').at).toBeGreaterThanOrEqual(3400);
    expect(whenSettled(everyMs, 'soft').at).toBeLessThanOrEqual(4000);
    const { held } = whenSettled(everyMs, 'soft');
    const since = held.observedAt - start;
    const shifted = { ...held, observedAt: held.observedAt - since - 1700 };
    expect(whenSettled(everyMs, null, shifted).at).toBeGreaterThanOrEqual(1700);
  },
);

test('an answer that is missing for less than a look changes nothing', () => {
  let latch = createLatch();
  for (let at = 0; at < 20_000; at += 500) {
    latch = decideLatch(latch, look(at, at % 5000 < 1500 ? 'hard' : null));
    expect(toOwnReasons(latch)).toEqual([]);
  }
});
