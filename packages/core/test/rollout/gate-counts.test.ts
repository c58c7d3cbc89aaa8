import { countSamples } from '@alwayson/protocol/latency-histogram.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addWindows, firstGateCounts, type GateCounts } from '../../src/rollout/gate-counts.ts';
import { observationAt } from './gate-world.ts';

const stamps = { candidates: [{ id: 'w-new', region: 'west' }], live: [{ id: 'w-old', region: 'west' }] };
const seen = ['w-new', 'w-old', 'stranger', ''];

function lookAt(counts: GateCounts, at: number, now = at): GateCounts {
  return addWindows(counts, [observationAt(at, 'west', seen)], { ...stamps, now });
}

const goodOf = (counts: GateCounts) => Object.fromEntries(counts.cells.map(({ side, good }) => [side, good]));

test('a slice counts once, when it is over, and only when it began in the step', () => {
  const first = lookAt(firstGateCounts(10_500), 11_999);
  // 10-11 s began before the step; 11-12 s is not over.
  expect(first.cells).toEqual([]);
  const second = lookAt(first, 13_100);
  expect(goodOf(second)).toEqual({ candidate: 2, live: 2 });
  expect(lookAt(second, 13_100)).toBe(second);
  expect(lookAt(second, 13_900)).toBe(second);
  expect(goodOf(lookAt(second, 14_000))).toEqual({ candidate: 3, live: 3 });
  expect(second.gapMs).toBe(0);
});

test('while a step warms up, failures count and nobody is slow', () => {
  const sizeOf = (counts: GateCounts) =>
    counts.cells.map(({ good, latency, sumsMs, pieces }) => ({
      good,
      timed: countSamples(latency),
      took: countSamples(sumsMs) > 0,
      pieces: pieces.length,
    }));
  const warm = lookAt(firstGateCounts(0, 2500), 3000);
  expect(sizeOf(warm)).toEqual(
    ['candidate', 'live'].map(() => ({ good: 3, timed: 0, took: false, pieces: 0 })),
  );
  // 2-3 s began before it was over.
  expect(sizeOf(lookAt(warm, 5000))).toEqual(
    ['candidate', 'live'].map(() => ({ good: 5, timed: 2, took: true, pieces: 1 })),
  );
});

test('what an observer tells from the future is left for later', () => {
  const early = lookAt(firstGateCounts(0), 8000, 4100);
  expect(goodOf(early)).toEqual({ candidate: 4, live: 4 });
  expect(goodOf(lookAt(early, 8000, 8000))).toEqual({ candidate: 8, live: 8 });
});

test('an older answer that comes again changes nothing', () => {
  const later = lookAt(firstGateCounts(0), 20_000);
  expect(lookAt(later, 12_000, 20_000)).toBe(later);
});

test('what the observer has forgotten is told', () => {
  const first = lookAt(firstGateCounts(0), 10_000);
  const back = lookAt(first, 52_000);
  // It remembers from 22 s.
  expect(back.gapMs).toBe(12_000);
  expect(goodOf(back)).toEqual({ candidate: 40, live: 40 });
  expect(lookAt(back, 54_000).gapMs).toBe(12_000);
  // One that was silent from the beginning.
  expect(lookAt(firstGateCounts(0), 40_000).gapMs).toBe(10_000);
});

test('what was in the memory of an observer that started anew is told as forgotten', () => {
  const first = lookAt(firstGateCounts(0), 10_000);
  const again = { ...observationAt(18_000, 'west', seen), windowsSince: new Date(13_500).toISOString() };
  expect(addWindows(first, [again], { ...stamps, now: 18_000 }).gapMs).toBe(4000);
  // It has not told a whole slice yet.
  const early = { ...observationAt(12_100, 'west', seen), windowsSince: new Date(11_900).toISOString() };
  expect(addWindows(first, [early], { ...stamps, now: 12_100 }).gapMs).toBe(2000);
});

test('the longest gap of any observer is told, and each observer is counted by itself', () => {
  const both = (counts: GateCounts, at: number, regions: readonly string[]) =>
    addWindows(
      counts,
      regions.map((region) => observationAt(at, region, seen)),
      { ...stamps, now: at },
    );
  const end = both(both(firstGateCounts(0), 10_000, ['west']), 36_000, ['west', 'east']);
  expect(end.observers).toEqual({
    west: { seenTo: 36_000, gapMs: 0 },
    east: { seenTo: 36_000, gapMs: 6000 },
  });
  expect(end.gapMs).toBe(6000);
  // Stamps count in their own region, whichever gateway saw them.
  expect(goodOf(end)).toEqual({ candidate: 36 + 30, live: 36 + 30 });
});

test('an observer that does not tell where in their bucket latencies lie is read as if in the middle', () => {
  const observation = observationAt(4000, 'west', ['w-new']);
  for (const { slices } of observation.windows ?? []) for (const slice of slices) delete slice.sumsMs;
  const { cells } = addWindows(firstGateCounts(0), [observation], { ...stamps, now: 4000 });
  expect(cells[0]?.sumsMs.filter((ms) => ms > 0)).toEqual([30]);
});

test('whenever it looks, and through every restart, it counts the same', () => {
  const times = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 9000 }), (extra, since) => {
      const regular = Array.from({ length: 16 }, (_, n) => n * 4000);
      const all = [...regular, ...extra, 60_000].toSorted((a, b) => a - b);
      const counts = all.reduce<GateCounts>(
        (sum, at) => JSON.parse(JSON.stringify(lookAt(sum, at))),
        firstGateCounts(since),
      );
      const slices = Math.floor((60_000 - Math.ceil(since / 1000) * 1000) / 1000);
      expect(goodOf(counts)).toEqual({ candidate: slices, live: slices });
      expect(counts.gapMs).toBe(0);
    }),
  );
});
