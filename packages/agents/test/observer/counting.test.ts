import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addLatency, createHistogram, toQuantileMs } from '@alwayson/protocol/latency-histogram.ts';
import {
  addSequence,
  countLost,
  createLineSequences,
  settleLosses,
} from '../../src/observer/line-sequence.ts';
import { createTrafficCounters } from '../../src/observer/traffic-counters.ts';
import { createWindowCounts } from '../../src/observer/window-counts.ts';
import { toRequest } from './line.ts';

const fresh = { fresh: true, nowMs: 0 };
const known = { fresh: false, nowMs: 0 };
const noTotals = () => ({ flows: {}, series: [], synthetic: 0 });

test('lines that come in any order are not lost, and every missing one is told once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (n, dice) => {
        const kept = Array.from({ length: n }, (_, index) => index + 1).filter(
          (seq) => seq === n || dice.next().value > 0.3,
        );
        const sequences = createLineSequences();
        const shuffled = kept.map((seq) => ({ seq, key: dice.next().value })).sort((a, b) => a.key - b.key);
        for (const { seq } of shuffled) addSequence(sequences, { boot: 'a', seq }, fresh);
        const missing = n - kept.length;
        expect(countLost(sequences)).toBe(missing);
        const settled = settleLosses(sequences, 5000).reduce((sum, { lines }) => sum + lines, 0);
        expect(settled).toBe(missing);
        expect(settleLosses(sequences, 10_000)).toEqual([]);
      },
    ),
  );
});

test('what a process wrote before we began to count is not lost, and forgotten processes keep their loss', () => {
  const sequences = createLineSequences();
  addSequence(sequences, { boot: 'old', seq: 500 }, known);
  addSequence(sequences, { boot: 'old', seq: 503 }, known);
  expect(countLost(sequences)).toBe(2);
  for (let boot = 0; boot < 40; boot += 1) addSequence(sequences, { boot: `b${boot}`, seq: 2 }, fresh);
  expect(countLost(sequences)).toBe(42);
  expect(sequences.boots.length).toBeLessThanOrEqual(16);
});

test('a loss lies between the lines around it; one that is still on its way is waited for', () => {
  const sequences = createLineSequences();
  const add = (seq: number, nowMs: number) =>
    addSequence(sequences, { boot: '1.1', seq }, { fresh: false, nowMs });
  add(1, 1000);
  add(5, 9000);
  expect(settleLosses(sequences, 9100)).toEqual([]);
  add(3, 9200);
  expect(settleLosses(sequences, 10_500)).toEqual([{ lines: 2, fromMs: 1000, toMs: 9000 }]);
  add(4, 11_000);
  add(7, 12_000);
  expect(settleLosses(sequences, 20_000)).toEqual([{ lines: 1, fromMs: 9000, toMs: 12_000 }]);
  expect(countLost(sequences)).toBe(2);
});

test('a quantile lies in the bucket of the sample it stands for', () => {
  expect(toQuantileMs(createHistogram(), 0.99)).toBeNull();
  const histogram = createHistogram();
  for (let index = 0; index < 99; index += 1) addLatency(histogram, 3);
  addLatency(histogram, 700);
  addLatency(histogram, 60_000);
  expect(histogram.at(-1)).toBe(1);
  expect(toQuantileMs(histogram, 0.5)).toBeGreaterThan(2);
  expect(toQuantileMs(histogram, 0.5)).toBeLessThanOrEqual(5);
  expect(toQuantileMs(histogram, 0.985)).toBeGreaterThan(500);
});

test('totals go on for ever, recent ones for a minute', () => {
  const counters = createTrafficCounters(['browse'], noTotals());
  const flowAt = (nowMs: number, name = 'browse') =>
    counters.toFlows(nowMs).find(({ flow }) => flow === name);
  counters.add(toRequest(1000), 1000);
  for (const change of [{ status: 500 }, { status: 404 }, { flow: 'gone' }]) {
    counters.add(toRequest(2000, change), 2000);
  }
  expect(flowAt(3000)).toMatchObject({ good: 1, bad: 1, clientErrors: 1, recent: { good: 1, bad: 1 } });
  expect(flowAt(3000, '_other')).toMatchObject({ good: 1 });
  expect(flowAt(100_000)).toMatchObject({ good: 1, bad: 1, recent: { good: 0, bad: 0, p99Ms: null } });
  expect(counters.totals.flows['browse']).toEqual({ ok: 1, 'upstream-error': 1, 'client-fault': 1 });
});

test('stamps without end do not take memory without end', () => {
  const counters = createTrafficCounters(['browse'], noTotals());
  const windows = createWindowCounts();
  for (let index = 0; index < 3000; index += 1) {
    const request = toRequest(index, { stamp: `west-1-${index}` });
    counters.add(request, index);
    windows.add(request, index);
  }
  expect(counters.totals.series).toHaveLength(1000);
  expect(counters.totals.series.at(-1)?.stamp).toBe('west-1-2999');
  expect(counters.totals.flows['browse']).toEqual({ ok: 3000 });
  expect(windows.toWindows(4000)).toHaveLength(1000);
});

test('what hung at a frozen stamp first is slow for its user, not held against the stamp that answered', () => {
  const windows = createWindowCounts();
  const retried = toRequest(500, { retries: 1, responseMs: 8, totalMs: 2100 });
  windows.add(retried, 500);
  expect(retried.totalMs).toBe(2100);
  const [told] = windows.toWindows(1500);
  expect(told?.slices[0]?.sumsMs?.reduce((sum, ms) => sum + ms, 0)).toBe(8);
  // Nothing was answered: all of it was spent waiting.
  expect(toRequest(0, { retries: 1, responseMs: -1, totalMs: 2100 }).stampMs).toBe(2100);
});

test('windows slide: they hold what ended in the last seconds, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ms: fc.integer({ min: 0, max: 120_000 }),
          status: fc.constantFrom(200, 404, 500),
          stamp: fc.constantFrom('a-1', 'b-1'),
        }),
      ),
      (events) => {
        const base = 1_790_000_000_000;
        const windows = createWindowCounts();
        const sorted = events.toSorted((a, b) => a.ms - b.ms);
        for (const { ms, ...change } of sorted)
          windows.add(toRequest(base + ms, { ...change, totalMs: 7 }), base + ms);
        const nowMs = base + (sorted.at(-1)?.ms ?? 0);
        const present = Math.floor(nowMs / 1000) * 1000 - base;
        for (const stamp of ['a-1', 'b-1']) {
          const told = windows.toWindows(nowMs).find((entry) => entry.stamp === stamp)?.slices ?? [];
          const within = sorted.filter(
            (event) => event.stamp === stamp && event.ms < present && event.ms >= present - 30_000,
          );
          const count = (status: number) => within.filter((event) => event.status === status).length;
          const sum = (pick: (slice: (typeof told)[number]) => number) =>
            told.reduce((total, slice) => total + pick(slice), 0);
          expect([sum(({ good }) => good), sum(({ bad }) => bad)]).toEqual([count(200), count(500)]);
          expect(sum(({ latency }) => latency[3] ?? 0)).toBe(count(200) + count(500));
          expect(sum(({ sumsMs = [] }) => sumsMs[3] ?? 0)).toBe(7 * (count(200) + count(500)));
          for (const { from, to, good, bad } of told) {
            const own = within.filter(({ ms }) => base + ms >= from && base + ms < to);
            expect(good + bad).toBe(own.filter(({ status }) => status !== 404).length);
          }
        }
      },
    ),
  );
});
