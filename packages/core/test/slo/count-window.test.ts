import { trafficCauses } from '@alwayson/protocol/traffic.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addCounts, countBucket, noRequests } from '../../src/slo/count-window.ts';
import { addSummaries, summarizeSpan } from '../../src/slo/summarize-span.ts';
import { createBucket, type ScriptSlice, start, toTraffic } from './traffic-script.ts';

test('each cause is good, bad, or not counted', () => {
  const kinds = Object.fromEntries(
    trafficCauses.map((cause) => {
      const { good, bad, notCounted } = countBucket(createBucket(start, cause, { requests: 3 }), 300);
      return [cause, { good, bad, notCounted }];
    }),
  );
  const bad = { good: 0, bad: 3, notCounted: 0 };
  expect(kinds).toEqual({
    ok: { good: 3, bad: 0, notCounted: 0 },
    'client-fault': { good: 0, bad: 0, notCounted: 3 },
    'client-gone': { good: 0, bad: 0, notCounted: 3 },
    abandoned: bad,
    'upstream-error': bad,
    'connect-failed': bad,
    timeout: bad,
    'no-stamp': bad,
    shed: bad,
    truncated: bad,
    'gateway-error': bad,
  });
});

test('a latency bucket that straddles the objective counts as slow, one that ends at it as fast', () => {
  const slowOf = (latencyIndex: number, objectiveMs: number) =>
    countBucket(createBucket(start, 'ok', { requests: 7, latencyIndex }), objectiveMs).slow;
  // Bounds ... 200, 500, 1000: index 8 is above 200 and up to 500.
  expect(slowOf(8, 300)).toBe(7);
  expect(slowOf(8, 499)).toBe(7);
  expect(slowOf(8, 500)).toBe(0);
  expect(slowOf(7, 300)).toBe(0);
  // Above the last bound nobody knows how long.
  expect(slowOf(13, 1_000_000)).toBe(7);
});

const bucket = fc
  .record({
    cause: fc.constantFrom(...trafficCauses),
    requests: fc.nat(1000),
    latencyIndex: fc.nat(13),
  })
  .map(({ cause, ...rest }) => createBucket(start, cause, rest));

test('sums are exact in any order and grouping', () => {
  fc.assert(
    fc.property(fc.array(bucket), fc.nat(), (buckets, cut) => {
      const sum = (part: typeof buckets) =>
        part.map((each) => countBucket(each, 300)).reduce(addCounts, noRequests);
      const at = cut % (buckets.length + 1);
      const whole = sum(buckets);
      expect(addCounts(sum(buckets.slice(0, at)), sum(buckets.slice(at)))).toEqual(whole);
      expect(sum(buckets.toReversed())).toEqual(whole);
      const all = buckets.flatMap(({ latency }) => latency).reduce((a, b) => a + b, 0);
      expect(whole.good + whole.bad + whole.notCounted).toBe(all);
      const bad = Object.values(whole.causes).reduce((a, b) => a + b, 0);
      expect(bad).toBe(whole.bad);
    }),
  );
});

const slice: fc.Arbitrary<ScriptSlice | undefined> = fc.option(
  fc.record({
    counts: fc.record({ ok: fc.nat(9), timeout: fc.nat(3) }),
    incomplete: fc.boolean(),
    linesLost: fc.nat(2),
    probes: fc.record({ good: fc.nat(1), bad: fc.nat(1) }),
  }),
  { nil: undefined },
);
const script = fc.array(slice, { minLength: 72, maxLength: 72 });

test('spans that meet at a whole minute add up to the whole', () => {
  fc.assert(
    fc.property(script, script, fc.nat(12), (west, east, minute) => {
      const traffic = toTraffic({ west, east });
      const cut = start + minute * 60;
      const parts = addSummaries(
        summarizeSpan(traffic, start, cut),
        summarizeSpan(traffic, cut, start + 720),
      );
      const whole = summarizeSpan(traffic, start, start + 720);
      expect(parts.minutes.ratios).toBeCloseTo(whole.minutes.ratios, 9);
      expect({ ...parts, minutes: { ...parts.minutes, ratios: 0 } }).toEqual({
        ...whole,
        minutes: { ...whole.minutes, ratios: 0 },
      });
    }),
    { numRuns: 50 },
  );
});
