import { createHistogram } from '@alwayson/protocol/latency-histogram.ts';
import {
  type CoverageSlice,
  type TrafficBucket,
  type TrafficCause,
  trafficCauses,
  type TrafficHistory,
} from '@alwayson/protocol/traffic.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addHistory, addLosses, noLosses, toLossReport, toLossSpans } from '../../src/rollout/sum-losses.ts';
import type { ProberState } from '../../src/rollout/probe-tally.ts';

const start = 1_790_000_000;
/** From 3.2 s into a slice, for 31.1 s. */
const time = { startedAt: start * 1000 + 3200, endedAt: start * 1000 + 34_300 };
const spans = toLossSpans(time);

function bucket(at: number, cause: TrafficCause, counts: Record<number, number>): TrafficBucket {
  const latency = createHistogram();
  for (const [index, count] of Object.entries(counts)) latency[Number(index)] = count;
  return { at, flow: 'browse', stamp: 'west-1-aaaaaa', release: 'aaaaaa', cause, latency };
}

function slice(at: number, change: Partial<CoverageSlice> = {}): CoverageSlice {
  return { at, region: 'west', complete: true, linesLost: 0, requests: 0, probes: {}, ...change };
}

function history(part: Partial<TrafficHistory>): TrafficHistory {
  return { region: 'west', from: 0, to: 0, buckets: [], coverage: [], ...part };
}

const report = (histories: readonly TrafficHistory[], prober: ProberState | null = null, regions = 1) =>
  toLossReport(
    histories.reduce((sums, each) => addHistory(sums, each, spans), noLosses),
    { time, regions, prober },
  );

test('the spans are whole slices: a minute before, all of it, ten to twenty seconds after', () => {
  expect(spans).toEqual({
    before: { from: start - 60, to: start },
    during: { from: start, to: start + 40 },
    after: { from: start + 40, to: start + 50 },
  });
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 10_000_000 }), (startedAt, ms) => {
      const endedAt = startedAt + ms;
      const { before, during, after } = toLossSpans({ startedAt, endedAt });
      for (const { from, to } of [before, during, after])
        expect([from % 10, to % 10].map(Math.abs)).toEqual([0, 0]);
      expect(before.to).toBe(during.from);
      expect(during.to).toBe(after.from);
      expect(during.from * 1000).toBeLessThanOrEqual(startedAt);
      expect(during.to * 1000).toBeGreaterThanOrEqual(endedAt);
      expect(after.to * 1000 - endedAt).toBeGreaterThanOrEqual(10_000);
      expect(after.to * 1000 - endedAt).toBeLessThanOrEqual(20_000);
    }),
  );
});

test('users lose what is bad by the causes of the objectives; what is their own fault is no request', () => {
  const lost = trafficCauses.filter((cause) => report([one(cause)]).lost > 0);
  expect(lost).toEqual([
    'abandoned',
    'upstream-error',
    'connect-failed',
    'timeout',
    'no-stamp',
    'shed',
    'truncated',
    'gateway-error',
  ]);
  expect(trafficCauses.filter((cause) => report([one(cause)]).requests > 0)).toEqual(['ok', ...lost]);
  function one(cause: TrafficCause) {
    return history({ buckets: [bucket(start, cause, { 3: 1 })] });
  }
});

test('requests and losses are those during, latencies those of each span', () => {
  const buckets = [
    bucket(start - 70, 'ok', { 12: 50 }),
    bucket(start - 60, 'ok', { 3: 100 }),
    bucket(start - 10, 'timeout', { 11: 1 }),
    bucket(start, 'ok', { 4: 990 }),
    bucket(start + 30, 'upstream-error', { 8: 10 }),
    bucket(start + 40, 'ok', { 2: 10 }),
    bucket(start + 50, 'ok', { 12: 50 }),
  ];
  const { requests, lost, p50Ms, p99Ms } = report([
    history({ buckets: buckets.slice(0, 4) }),
    history({ buckets: buckets.slice(4), region: 'east' }),
  ]);
  expect({ requests, lost }).toEqual({ requests: 1000, lost: 10 });
  expect(p50Ms).toEqual({ before: 7.5, during: 15.1, after: 3.5 });
  expect(p99Ms).toEqual({ before: 10, during: 20, after: 5 });
});

test('without requests there are no latencies, and nothing lost', () => {
  expect(report([history({})])).toEqual({
    requests: 0,
    lost: 0,
    longestGapMs: null,
    p50Ms: { before: null, during: null, after: null },
    p99Ms: { before: null, during: null, after: null },
    coverage: 0,
  });
});

test('coverage is the part of all slices of all gateways that was told whole', () => {
  const west = [0, 10, 20, 30].map((n) => slice(start + n));
  const outside = [slice(start - 10), slice(start + 40)];
  expect(report([history({ coverage: [...west, ...outside] })]).coverage).toBe(1);
  expect(report([history({ coverage: west })], null, 2).coverage).toBe(0.5);
  const torn = [
    ...west.slice(0, 2),
    slice(start + 20, { linesLost: 1 }),
    slice(start + 30, { complete: false }),
  ];
  expect(report([history({ coverage: torn })]).coverage).toBe(0.5);
});

test('pages in any order come to the same', () => {
  const page = fc.record({
    buckets: fc.array(
      fc
        .tuple(
          fc.integer({ min: -8, max: 8 }),
          fc.constantFrom(...trafficCauses),
          fc.nat({ max: 13 }),
          fc.nat(),
        )
        .map(([n, cause, index, count]) => bucket(start + n * 10, cause, { [index]: count })),
      { maxLength: 20 },
    ),
  });
  fc.assert(
    fc.property(fc.array(page, { maxLength: 5 }), (pages) => {
      const histories = pages.map(history);
      const all = history({ buckets: pages.flatMap(({ buckets }) => buckets) });
      expect(report(histories.toReversed())).toEqual(report(histories));
      expect(report([all])).toEqual(report(histories));
      const sums = histories.map((each) => addHistory(noLosses, each, spans));
      expect(sums.reduce(addLosses, noLosses)).toEqual(addHistory(noLosses, all, spans));
    }),
  );
});

test('the longest gap is told only by a prober that ran all the time and asked', () => {
  const ran: ProberState = {
    from: time.startedAt + 900,
    at: time.endedAt - 900,
    sent: 600,
    failed: 2,
    latency: createHistogram(),
    longestGapMs: 85,
    away: { times: 0, ms: 0 },
    failures: [],
  };
  expect(report([], ran)).toMatchObject({ longestGapMs: 85, probes: { sent: 600, failed: 2 } });
  for (const change of [
    { from: time.startedAt + 5000 },
    { at: time.endedAt - 5000 },
    { away: { times: 1, ms: 3000 } },
  ])
    expect(report([], { ...ran, ...change })).toMatchObject({
      longestGapMs: null,
      probes: { sent: 600, failed: 2 },
    });
  const idle = report([], { ...ran, sent: 0, failed: 0 });
  expect(idle.longestGapMs).toBeNull();
  expect(idle).not.toHaveProperty('probes');
});
