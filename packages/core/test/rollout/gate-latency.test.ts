import { expect, test, describe } from 'vitest';
import { toMs } from '../../src/rollout/gate-words.ts';
import { cellsOf, judge, requestsOf, withCells } from './gate-world.ts';

describe('latency', () => {
  const pair = (ownMs: number, liveMs: number, count = 60) =>
    cellsOf(
      requestsOf('candidate', { good: count, ms: ownMs }),
      requestsOf('live', { good: count * 19, ms: liveMs }),
    );

  test.each([
    [12, 4],
    [90, 30],
    [150, 50],
    [330, 110],
    [63, 21],
    [45, 15],
    [1800, 600],
  ])('%d ms beside %d ms is found', (ownMs, liveMs) => {
    const { verdict, failed } = judge(withCells(pair(ownMs, liveMs)), { final: false });
    expect(verdict).toBe('fail');
    expect(failed[0]?.text).toBe(`p50 ${toMs(ownMs)}, beside ${toMs(liveMs)} (chance below 1e-12)`);
  });

  test.each([
    ['equal', 30, 30],
    ['apart by a hair and a bucket', 51, 49],
    ['half as much again, over a bound', 60, 40],
    ['three times as slow, and still quick', 6, 2],
    ['faster', 10, 90],
  ])('%s is not', (_, ownMs, liveMs) => {
    expect(judge(withCells(pair(ownMs, liveMs, 1000))).verdict).toBe('pass');
  });

  test('a slow tail is found', () => {
    const cells = cellsOf(
      requestsOf('candidate', { good: 180, ms: 20 }),
      requestsOf('candidate', { good: 60, ms: 300 }),
      requestsOf('live', { good: 4750, ms: 20 }),
    );
    expect(judge(withCells(cells)).failed[0]?.text).toMatch(/^p95 3\d\d ms, beside 20 ms/);
  });

  test('who is only slow at the beginning is not slow', () => {
    const cold = cellsOf(requestsOf('candidate', { good: 20, ms: 200 }));
    const warm = requestsOf('candidate', { good: 60, ms: 4 });
    const live = cellsOf(requestsOf('live', { good: 1500, ms: 4 }));
    const later = cellsOf(warm)[0];
    if (later === undefined || cold[0] === undefined) throw new Error('two cells');
    const marks = [cold[0].latency, cold[0].latency] as const;
    const own = {
      ...cold[0],
      good: 80,
      latency: cold[0].latency.map((count, bucket) => count + (later.latency[bucket] ?? 0)),
      sumsMs: cold[0].sumsMs.map((ms, bucket) => ms + (later.sumsMs[bucket] ?? 0)),
      marks,
    };
    expect(judge(withCells([own, ...live])).find('latency')).toMatchObject([{ verdict: 'pass' }]);
    // The same in any order, all the time, is slow.
    const throughout = cellsOf(requestsOf('candidate', { good: 20, ms: 200 }), warm);
    expect(judge(withCells([...throughout, ...live])).verdict).toBe('fail');
  });
});
