import { expect, test } from 'vitest';
import { createFailureLog, toQueueView } from '../src/queue-view.ts';

const stats = { depth: 7, oldestAgeMs: 0, appliedTotal: 0, deadLettersTotal: 0, lagMs: 0, shards: [] };

test('the queue is as good as its oldest waiting write is young', () => {
  expect(toQueueView(stats)).toEqual({ state: 'healthy' });
  expect(toQueueView({ ...stats, oldestAgeMs: 12_000 })).toEqual({
    state: 'degraded',
    reason: 'the oldest of 7 waiting writes is 12 s old',
  });
  expect(toQueueView({ ...stats, oldestAgeMs: 60_000 }).state).toBe('unhealthy');
});

test('a failure that repeats is logged now and then', () => {
  let at = 0;
  const lines: unknown[] = [];
  const log = createFailureLog(
    (event, facts) => void lines.push([event, facts]),
    () => at,
  );
  for (; at < 25_000; at += 1000) log(new Error('gone'));
  const line = ['queue.failed', { error: 'Error: gone' }];
  expect(lines).toEqual([line, line, line]);
});
