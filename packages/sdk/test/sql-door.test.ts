import { expect, test } from 'vitest';
import { chooseDoor, type DoorRecord, markFailing, markWorking, untilOneWorks } from '../src/sql-door.ts';

interface Door extends DoorRecord {
  name: string;
}
const createDoors = (...names: string[]): Door[] =>
  names.map((name) => ({ name, failingSince: null, failures: 0, triedAt: 0, waiting: new Set() }));
const choose = (doors: Door[], now: number) => {
  const choice = chooseDoor(doors, { now, patienceMs: 4000 });
  return typeof choice === 'string' ? choice : choice.name;
};

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

test('when all fail they are tried in turn, by one request in 100 ms; after a while rarely, and the others fail fast', () => {
  const doors = createDoors('a', 'b');
  for (const door of doors) markFailing(door, 0);
  const first = [10, 100, 110, 190, 200, 300, 310].map((now) => choose(doors, now));
  expect(first).toEqual(['later', 'a', 'later', 'later', 'b', 'a', 'later']);
  const later = Array.from({ length: 20 }, (_, n) => choose(doors, 4000 + n * 100));
  expect(later.filter((name) => name !== 'outage')).toEqual(['b', 'a', 'b', 'a', 'b', 'a', 'b', 'a']);
});

test('once one of them works again, everybody uses it', () => {
  const doors = createDoors('a', 'b') as [Door, Door];
  for (const door of doors) markFailing(door, 0);
  markWorking(doors[1]);
  expect([choose(doors, 1), choose(doors, 2), choose(doors, 3)]).toEqual(['b', 'b', 'b']);
});

test('who waits for one of them is told as soon as it works, and forgotten then', async () => {
  const doors = createDoors('a', 'b') as [Door, Door];
  const waits = [untilOneWorks(doors, 2 ** 30), untilOneWorks(doors, 2 ** 30)];
  markWorking(doors[1]);
  await Promise.all(waits);
  expect(doors.map(({ waiting }) => waiting.size)).toEqual([0, 0]);
  await untilOneWorks(doors, 1);
  expect(doors.map(({ waiting }) => waiting.size)).toEqual([0, 0]);
});

test('without a door there is none', () => {
  expect(chooseDoor([], { now: 0, patienceMs: 4000 })).toBe('outage');
});
