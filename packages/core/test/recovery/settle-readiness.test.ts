import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { type Readiness, settleReadiness } from '../../src/recovery/settle-readiness.ts';

const good: RecoveryCheck[] = [
  { name: 'lag', state: 'pass', detail: '' },
  { name: 'second copy', state: 'warn', detail: '' },
];
const bad: RecoveryCheck[] = [...good, { name: 'doors', state: 'fail', detail: 'no answer' }];

function play(...looks: RecoveryCheck[][]): Readiness | undefined {
  return looks.reduce<Readiness | undefined>(
    (before, checks, index) => settleReadiness(before, checks, index * 1000),
    undefined,
  );
}

test('a warning is no obstacle, and the first look counts', () => {
  expect(play(good)).toMatchObject({ isReady: true, since: 0, failing: [] });
  expect(play(bad)).toMatchObject({ isReady: false, since: 0 });
});

test('one look that says otherwise changes nothing, two do, with the time of the second', () => {
  expect(play(good, bad)).toMatchObject({ isReady: true, since: 0 });
  expect(play(good, bad, good)).toMatchObject({ isReady: true, since: 0, isDoubted: false });
  expect(play(good, bad, bad)).toMatchObject({ isReady: false, since: 2000 });
  expect(play(good, bad, bad)?.failing.map(({ name }) => name)).toEqual(['doors']);
  expect(play(good, bad, bad, good, good)).toMatchObject({ isReady: true, since: 4000 });
});
