import { expect, test } from 'vitest';
import { parseCommits, findFork, toSegmentName } from '../../src/postgres/salvage.ts';

const history = `1\t0/3000148\tno recovery target specified

2\t1/A0000D28\tno recovery target specified
`;

test('where a history left a timeline', () => {
  expect(findFork(history, 1)).toEqual({ timeline: 1, lsn: '0/3000148' });
  expect(findFork(history, 2)).toEqual({ timeline: 2, lsn: '1/A0000D28' });
  expect(findFork(history, 3)).toBeNull();
  expect(findFork('', 1)).toBeNull();
});

test('the file in which a place is', () => {
  expect(toSegmentName({ timeline: 1, lsn: '0/3000148' })).toBe('000000010000000000000003');
  expect(toSegmentName({ timeline: 18, lsn: '1/A0000D28' })).toBe('0000001200000001000000A0');
  expect(toSegmentName({ timeline: 2, lsn: 'A/FFFFFFFF' })).toBe('000000020000000A000000FF');
});

test('commits are told as a number, and nothing else is one', () => {
  expect(parseCommits('noise\ncommits 12345\n')).toBe(12345);
  expect(parseCommits('')).toBeNaN();
});
