import { describe, expect, test } from 'vitest';
import type { GateEvidence, GateQueue, QueueLook } from '../../src/rollout/gate-evidence.ts';
import { calm, causeOf, judge, unitOf, withCells } from './gate-world.ts';

const mib = 1024 * 1024;

describe('units', () => {
  const restarted = (restarts: number, isReady = true) =>
    judge(withCells(calm(), { units: [unitOf('candidate', { restarts, isReady }), unitOf('live')] }));

  test('two restarts fail, one only while it is not back', () => {
    expect(restarted(1).verdict).toBe('pass');
    expect(restarted(1, false).failed[0]?.text).toBe(
      'api of west-1-new restarted once and is not ready, beside 0 times of the old release',
    );
    expect(restarted(2).verdict).toBe('fail');
  });

  test('what happened to both releases in a zone is not the new one', () => {
    const units = [unitOf('candidate', { restarts: 2, isReady: false }), unitOf('live', { restarts: 2 })];
    expect(judge(withCells(calm(), { units })).find('restarts')[0]?.verdict).toBe('pass');
  });

  test.each([
    [200, 90, 'fail'],
    [170, 90, 'pass'],
    [60, 20, 'pass'],
  ])('%d MiB beside %d MiB: %s', (own, usual, verdict) => {
    const units = [
      unitOf('candidate', { memoryBytes: 10 * mib }),
      unitOf('candidate', { memoryBytes: own * mib, zone: 'west-2' }),
      unitOf('live', { memoryBytes: usual * mib }),
      unitOf('live', { memoryBytes: null }),
    ];
    expect(judge(withCells(calm(), { units })).find('memory')).toMatchObject([
      { verdict, text: `api holds ${own} MiB, beside ${usual} MiB` },
    ]);
  });
});

describe('the queue', () => {
  const look = (oldestAgeMs: number, depth = 10): QueueLook => ({ at: 0, oldestAgeMs, depth });
  const judgeLooks = (before: QueueLook, ages: readonly number[], change: Partial<GateEvidence> = {}) => {
    const looks = ages.map((age, n) => look(age, 10 + n));
    const queue: GateQueue = { region: 'east', before, looks };
    return judge(withCells(calm(), { queues: [queue], ...change })).find('queue')[0];
  };

  test('fails when writes wait in two looks in a row', () => {
    expect(judgeLooks(look(100), [200, 6000])?.verdict).toBe('pass');
    expect(judgeLooks(look(100), [6000, 100, 7000])?.verdict).toBe('pass');
    expect(judgeLooks(look(100), [6000, 11_000])).toMatchObject({
      verdict: 'fail',
      text: 'east: the oldest write waits 11 s, 11 wait, beside 0.1 s before',
    });
  });

  test('fails when it grows steadily', () => {
    expect(judgeLooks(look(0), [500, 1000, 1500, 2000, 2500])?.text).toContain('it grows steadily');
    expect(judgeLooks(look(0), [500, 1000, 900, 2000, 2500])?.verdict).toBe('pass');
  });

  test('does not blame the new release for what was so before, or is so for everybody', () => {
    expect(judgeLooks(look(20_000), [25_000, 30_000])?.verdict).toBe('pass');
    expect(judgeLooks(look(20_000), [45_000, 50_000])?.verdict).toBe('fail');
    const cause = causeOf('shared');
    expect(judgeLooks(look(0), [8000, 9000], { cause })?.verdict).toBe('not-enough-data');
  });
});

describe('health', () => {
  const stamps = ['a', 'b', 'c', 'd'];
  const units = stamps.map((stamp) => unitOf('candidate', { stamp }));
  const judgeCause = (cause: GateEvidence['cause'], change: Partial<GateEvidence> = {}) =>
    judge(withCells(calm(), { units, cause, ...change })).find('health')[0];

  test('trouble that is the release fails, of another release not', () => {
    const cause = (release: string, bad: string[]) => causeOf('release', { release, stamps: bad });
    expect(judgeCause(cause('abc', stamps))?.verdict).toBe('fail');
    expect(judgeCause(cause('other', ['old']))?.verdict).toBe('pass');
  });

  test('most stamps of the new release alone fail; one of them is waited for', () => {
    expect(judgeCause(causeOf('independent', { stamps: ['a', 'b', 'c'] }))?.verdict).toBe('fail');
    expect(judgeCause(causeOf('independent', { stamps: ['a', 'b', 'c', 'old'] }))?.verdict).toBe(
      'not-enough-data',
    );
    expect(judgeCause(causeOf('stamp', { stamps: ['a'] }))?.verdict).toBe('not-enough-data');
    expect(judgeCause(causeOf('stamp', { stamps: ['old'] }))?.verdict).toBe('pass');
    expect(judgeCause(causeOf('shared', { stamps }))?.verdict).toBe('not-enough-data');
  });

  test('a stamp that stays away beside a ready one fails', () => {
    const away = (forMs: number, isZoneWell: boolean) =>
      judgeCause(causeOf('none'), { unready: [{ stamp: 'a', forMs, isZoneWell }] })?.verdict;
    expect(away(5000, true)).toBe('not-enough-data');
    expect(away(16_000, true)).toBe('fail');
    expect(away(16_000, false)).toBe('not-enough-data');
  });
});
