import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { classifyLine } from '../../src/observer/classify-line.ts';
import { addLatency, createHistogram, toQuantileMs } from '../../src/observer/latency-histogram.ts';
import { addSequence, countLost, createLineSequences } from '../../src/observer/line-sequence.ts';
import { createTrafficCounters } from '../../src/observer/traffic-counters.ts';

function toLine(change: Partial<GatewayLine> = {}): GatewayLine {
  return {
    boot: '1.1',
    seq: 1,
    at: 0,
    flow: 'browse',
    method: 'GET',
    path: '/',
    status: 200,
    termination: '--',
    backend: 'live_web',
    stamp: 'west-1-aaaaaa',
    retries: 0,
    responseMs: 4,
    totalMs: 5,
    bytes: 100,
    correlationId: '',
    synthetic: false,
    ...change,
  };
}

test.each([
  ['good', {}],
  ['good', { status: 304 }],
  ['clientError', { status: 404 }],
  ['clientError', { status: 429, termination: 'LR' }],
  ['bad', { status: 500 }],
  ['bad', { status: 503, termination: 'SC', stamp: '<NOSRV>' }],
  ['bad', { status: 504, termination: 'sH' }],
  ['bad', { status: 200, termination: 'SD' }],
  ['bad', { status: 200, termination: 'sD' }],
  ['bad', { status: -1, termination: 'D-' }],
  ['clientError', { status: 408, termination: 'cR', totalMs: 5000 }],
  ['clientError', { status: -1, termination: 'CH', totalMs: 400 }],
  ['bad', { status: -1, termination: 'CH', totalMs: 600 }],
  ['clientError', { status: 200, termination: 'CD', totalMs: 60_000, responseMs: 3 }],
] as const)('%s: %o', (outcome, change) => {
  expect(classifyLine(toLine(change), 500)).toBe(outcome);
});

test('lines that come in any order are not lost, and every missing one is', () => {
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
        for (const { seq } of shuffled) addSequence(sequences, { boot: 'a', seq }, true);
        expect(countLost(sequences)).toBe(n - kept.length);
      },
    ),
  );
});

test('what a process wrote before we began to count is not lost, and forgotten processes keep their loss', () => {
  const sequences = createLineSequences();
  addSequence(sequences, { boot: 'old', seq: 500 }, false);
  addSequence(sequences, { boot: 'old', seq: 503 }, false);
  expect(countLost(sequences)).toBe(2);
  for (let boot = 0; boot < 40; boot += 1) addSequence(sequences, { boot: `b${boot}`, seq: 2 }, true);
  expect(countLost(sequences)).toBe(42);
  expect(sequences.boots.length).toBeLessThanOrEqual(16);
});

test('a quantile lies in the bucket of the sample it stands for', () => {
  expect(toQuantileMs(createHistogram(), 0.99)).toBeNull();
  const histogram = createHistogram();
  for (let index = 0; index < 99; index += 1) addLatency(histogram, 3);
  addLatency(histogram, 700);
  expect(toQuantileMs(histogram, 0.5)).toBeGreaterThan(2);
  expect(toQuantileMs(histogram, 0.5)).toBeLessThanOrEqual(5);
  expect(toQuantileMs(histogram, 0.995)).toBeGreaterThan(500);
});

test('totals go on for ever, recent ones for a minute, synthetic requests are counted apart', () => {
  const counters = createTrafficCounters([{ name: 'browse', latencyObjectiveMs: 500 }]);
  const flowAt = (nowMs: number, name = 'browse') =>
    counters.toFlows(nowMs).find(({ flow }) => flow === name);
  counters.add(toLine(), 1000);
  counters.add(toLine({ status: 500 }), 2000);
  counters.add(toLine({ status: 404 }), 2000);
  counters.add(toLine({ synthetic: true }), 2000);
  counters.add(toLine({ flow: 'gone' }), 2000);
  expect(flowAt(3000)).toMatchObject({ good: 1, bad: 1, clientErrors: 1, recent: { good: 1, bad: 1 } });
  expect(flowAt(3000, '_other')).toMatchObject({ good: 1 });
  expect(flowAt(100_000)).toMatchObject({ good: 1, bad: 1, recent: { good: 0, bad: 0, p99Ms: null } });
  expect(counters.totals.synthetic).toBe(1);
});

test('stamps without end do not take memory without end', () => {
  const counters = createTrafficCounters([{ name: 'browse', latencyObjectiveMs: 500 }]);
  for (let index = 0; index < 3000; index += 1) counters.add(toLine({ stamp: `west-1-${index}` }), index);
  expect(counters.totals.series).toHaveLength(1000);
  expect(counters.totals.series.at(-1)?.stamp).toBe('west-1-2999');
  expect(counters.totals.flows['browse']?.good).toBe(3000);
});
