import { expect, test } from 'vitest';
import { createReadiness } from '../src/readiness.ts';

function createClock() {
  let at = 1000;
  return { now: () => at, pass: (ms: number) => void (at += ms) };
}

test('a store is told only once it was used, and as the worst of its uses', () => {
  const readiness = createReadiness();
  const read = readiness.reporter('database', 'read');
  const write = readiness.reporter('database', 'write');
  expect(readiness.report()).toEqual({ ready: true, dependencies: [] });
  read.succeeded();
  expect(readiness.report().dependencies).toEqual([{ store: 'database', state: 'healthy' }]);
  write.failed('no answer');
  expect(readiness.report().dependencies).toEqual([
    { store: 'database', state: 'degraded', reason: 'write: no answer' },
  ]);
  write.failed('no answer');
  write.failed('no answer');
  expect(readiness.report().dependencies[0]?.state).toBe('unhealthy');
  write.succeeded();
  expect(readiness.report().dependencies[0]?.state).toBe('healthy');
});

test('what was seen long ago says nothing about now', () => {
  const clock = createClock();
  const readiness = createReadiness(clock.now);
  readiness.reporter('cache').failed('gone');
  clock.pass(31_000);
  expect(readiness.report().dependencies).toEqual([{ store: 'cache', state: 'unknown' }]);
});

test('a store that can be looked at counts beside what its users report', () => {
  const readiness = createReadiness();
  readiness.reporter('queue').succeeded();
  readiness.observe('queue', () => ({ state: 'degraded', reason: 'old entries' }));
  expect(readiness.report().dependencies).toEqual([
    { store: 'queue', state: 'degraded', reason: 'old entries' },
  ]);
});

test('trouble of a store never makes the process unready; its own block and its end do', () => {
  const readiness = createReadiness();
  const reporter = readiness.reporter('database');
  for (let n = 0; n < 10; n += 1) reporter.failed('gone');
  expect(readiness.report().ready).toBe(true);
  readiness.block('warming up');
  expect(readiness.report()).toMatchObject({ ready: false, reason: 'warming up' });
  readiness.block(null);
  expect(readiness.report().ready).toBe(true);
  readiness.stop();
  readiness.block(null);
  expect(readiness.report()).toMatchObject({ ready: false, reason: 'stopping' });
});
