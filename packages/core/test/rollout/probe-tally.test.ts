import { countSamples } from '@alwayson/protocol/latency-histogram.ts';
import { expect, test } from 'vitest';
import { createProbeTally } from '../../src/rollout/probe-tally.ts';

const good = (latencyMs: number) => ({ path: '/', at: 0, latencyMs, failure: null });
const bad = (text: string, at = 0) => ({ path: '/', at, latencyMs: 2000, failure: text });

test('a gap lasts from the first request that waits to the first good answer, whatever failed in between', () => {
  const tally = createProbeTally(null, 0);
  for (let n = 0; n < 10; n += 1) {
    tally.sent(n * 50);
    tally.answered(good(8), n * 50 + 8);
  }
  expect(tally.state(500, 500).longestGapMs).toBe(8);
  for (let n = 0; n < 6; n += 1) tally.sent(500 + n * 50);
  tally.answered(bad('HTTP 503'), 600);
  tally.answered(good(20), 770);
  tally.answered(good(20), 771);
  expect(tally.state(800, 800)).toMatchObject({ longestGapMs: 270, sent: 13, failed: 1 });
});

test('the time between two requests is no gap, and one that goes on is told', () => {
  const tally = createProbeTally(null, 0);
  tally.sent(0);
  tally.answered(good(5), 5);
  expect(tally.state(5000, 5000).longestGapMs).toBe(5);
  tally.sent(5000);
  expect(tally.state(5100, 5100).longestGapMs).toBe(100);
  expect(tally.state(5700, 5700).longestGapMs).toBe(700);
});

test('only good answers are in the latencies, and the last failures are kept', () => {
  const tally = createProbeTally(null, 0);
  tally.answered(good(3), 3);
  for (let n = 0; n < 30; n += 1) tally.answered(bad('x'.repeat(1000), n), n);
  const state = tally.state(1000, 1000);
  expect(countSamples(state.latency)).toBe(1);
  expect(state.failures.map(({ at }) => at)).toEqual(Array.from({ length: 10 }, (_, n) => n + 20));
  expect(JSON.stringify(state).length).toBeLessThan(3000);
});

test('what was kept goes on; who was gone for longer than it keeps is told as away', () => {
  const first = createProbeTally(null, 1000);
  first.sent(0);
  first.answered(good(40), 40);
  const kept = structuredClone(first.state(5000, 4000));
  const soon = createProbeTally(kept, 6500);
  soon.sent(0);
  soon.answered(bad('HTTP 500'), 30);
  expect(soon.state(7000, 30)).toMatchObject({
    from: 1000,
    at: 7000,
    sent: 2,
    failed: 1,
    longestGapMs: 40,
    away: { times: 0, ms: 0 },
  });
  const late = createProbeTally(kept, 9000);
  late.wasAway(1500.4);
  expect(late.state(9100, 100)).toMatchObject({ away: { times: 2, ms: 5500 }, sent: 1 });
});
