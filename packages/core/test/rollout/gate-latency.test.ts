import { expect, test, describe } from 'vitest';
import { addToCells, type GateCell, type GateRequests } from '../../src/rollout/gate-cells.ts';
import { toMs } from '../../src/rollout/gate-words.ts';
import { cellsOf, judge, requestsOf, withCells } from './gate-world.ts';

describe('latency', () => {
  const pair = (ownMs: number, liveMs: number, count = 60) =>
    cellsOf(
      requestsOf('candidate', { good: count, ms: ownMs }),
      requestsOf('live', { good: count * 19, ms: liveMs }),
    );

  /** Portion by portion, as time brings them. */
  const inTime = (...portions: GateRequests[]) => portions.reduce<GateCell[]>(addToCells, []);
  const look = (ms: number) => requestsOf('candidate', { good: 20, ms });

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

  test.each([
    ['slower than before, and within what is promised', 60, 'pass'],
    ['slower than before, and than what is promised', 400, 'fail'],
  ])('with nobody beside it any more, %s', (_, ownMs, verdict) => {
    const own = cellsOf(requestsOf('candidate', { good: 200, ms: ownMs }));
    const before = cellsOf(requestsOf('live', { good: 900, ms: 15 }));
    expect(judge(withCells(own, { before })).verdict).toBe(verdict);
  });

  test.each([
    { when: 'in the end', times: [4, 4, 400, 400, 400, 400, 400, 400], final: true, verdict: 'fail' },
    { when: 'so far', times: [400, 400, 400, 400, 400, 400], final: false, verdict: 'not-enough-data' },
    { when: 'until it is warm', times: [400, 400, 400, 400, 400, 4, 4, 4], final: true, verdict: 'pass' },
  ])('with nobody beside it any more, the promise broken $when: $verdict', ({ times, final, verdict }) => {
    const own = inTime(...times.map(look));
    const before = cellsOf(requestsOf('live', { good: 900, ms: 15 }));
    expect(judge(withCells(own, { before }), { final }).verdict).toBe(verdict);
  });

  test('a slow tail is found', () => {
    const cells = cellsOf(
      requestsOf('candidate', { good: 180, ms: 20 }),
      requestsOf('candidate', { good: 60, ms: 300 }),
      requestsOf('live', { good: 4750, ms: 20 }),
    );
    expect(judge(withCells(cells)).failed[0]?.text).toMatch(/^p95 3\d\d ms, beside 20 ms/);
  });

  const live = cellsOf(requestsOf('live', { good: 1500, ms: 4 }));

  test.each([
    ['only at the beginning', [200, 200, 4, 4, 4, 4, 4, 4]],
    ['for two seconds in the middle, as a process that stood still', [4, 4, 4, 200, 200, 4, 4, 4]],
    ['now and again', [4, 200, 4, 200, 4, 4, 200, 4]],
  ])('who is slow %s is not slow', (_, times) => {
    const own = inTime(...times.map(look));
    expect(judge(withCells([...own, ...live])).find('latency')).toMatchObject([{ verdict: 'pass' }]);
  });

  test.each([
    ['always', [200, 200, 200, 200]],
    ['most of the time', [200, 200, 4, 200, 200, 200, 200, 4]],
  ])('who is slow %s is slow', (_, times) => {
    expect(judge(withCells([...inTime(...times.map(look)), ...live])).verdict).toBe('fail');
  });

  test('who is slow for too short a time is neither slow nor well', () => {
    const own = inTime(...[200, 200, 200].map(look));
    expect(judge(withCells([...own, ...live])).find('latency')).toMatchObject([
      { verdict: 'not-enough-data', text: expect.stringContaining('too short a time') },
    ]);
  });

  test('a part of the requests that is slow all the time is slow', () => {
    const throughout = cellsOf(
      requestsOf('candidate', { good: 20, ms: 200 }),
      requestsOf('candidate', { good: 60, ms: 4 }),
    );
    expect(judge(withCells([...throughout, ...live])).verdict).toBe('fail');
  });
});
