import { expect, test } from 'vitest';
import { chooseDoor, type DoorRecord, markFailing, markWorking } from '../src/sql-door.ts';

interface Door extends DoorRecord {
  name: string;
}
const createDoors = (...names: string[]): Door[] =>
  names.map((name) => ({ name, failingSince: null, failures: 0, triedAt: 0 }));
const choose = (doors: Door[], now: number) => chooseDoor(doors, now)?.name;

test('the first door that works is chosen', () => {
  const [first, second] = createDoors('first', 'second') as [Door, Door];
  expect(choose([first, second], 0)).toBe('first');
  markFailing(first, 0);
  expect(choose([first, second], 1)).toBe('second');
});

test('a failing door is tried by one request at a time, ever less often, and used again once it works', () => {
  const doors = createDoors('first', 'second');
  const [first] = doors as [Door];
  const trials: number[] = [];
  markFailing(first, 0);
  for (let now = 0; now < 40_000; now += 100) {
    if (choose(doors, now) !== 'first') continue;
    trials.push(now);
    expect(choose(doors, now)).toBe('second');
    markFailing(first, now);
  }
  expect(trials).toEqual([500, 1500, 3500, 7500, 15_500, 23_500, 31_500, 39_500]);
  markWorking(first);
  expect(choose(doors, 40_000)).toBe('first');
});

test('when all fail they are tried in turn; after a while one request per half second, the others fail fast', () => {
  const doors = createDoors('a', 'b');
  for (const door of doors) markFailing(door, 0);
  expect([choose(doors, 10), choose(doors, 20), choose(doors, 30)]).toEqual(['a', 'b', 'a']);
  const later = Array.from({ length: 20 }, (_, n) => choose(doors, 4000 + n * 100));
  expect(later.filter((name) => name !== undefined)).toEqual(['b', 'a', 'b', 'a', 'b', 'a', 'b', 'a']);
});

test('without a door there is none', () => {
  expect(chooseDoor([], 0)).toBeNull();
});
