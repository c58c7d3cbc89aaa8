import { compareEntryIds, type QueueContent } from '@alwayson/protocol/queue-content.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choosePutBack, countEntries } from '../../src/queue/choose-put-back.ts';

const [one, two] = ['a'.repeat(40), 'b'.repeat(40)];
const stream = (shard: number, run: string, ids: readonly string[]): QueueContent['streams'][number] => ({
  shard,
  run,
  entries: ids.map((id) => [id, ['k', id]]),
});
const content = (...streams: QueueContent['streams']): QueueContent => ({
  incarnations: [
    { run: one, score: 1 },
    { run: two, score: 2 },
  ],
  streams,
  isCut: false,
});
const idsOf = (left: Pick<QueueContent, 'streams'>) =>
  left.streams.flatMap(({ shard, run, entries }) => entries.map(([id]) => `${shard} ${run[0]} ${id}`));

test('what the ledger says was applied stays away; another shard, or another process, has its own place', () => {
  const held = content(
    stream(0, one, ['9-0', '10-0', '10-2']),
    stream(1, one, ['10-0']),
    stream(0, two, ['3-0']),
  );
  const applied = [
    { shard: 0, run: one, lastId: '10-0' },
    { shard: 0, run: two, lastId: '3-0' },
  ];
  const left = choosePutBack(held, applied);
  expect(idsOf(left)).toEqual(['0 a 10-2', '1 a 10-0']);
  expect(countEntries(left)).toBe(2);
  expect(left.incarnations).toEqual(held.incarnations);
});

test('ids are compared as numbers', () => {
  const held = content(stream(0, one, ['9-9', '9-10', '10-0']));
  expect(idsOf(choosePutBack(held, [{ shard: 0, run: one, lastId: '9-9' }]))).toEqual([
    '0 a 9-10',
    '0 a 10-0',
  ]);
});

const ids = fc
  .uniqueArray(fc.tuple(fc.nat(20), fc.nat(5)), { selector: String, maxLength: 20 })
  .map((parts) => parts.map(([ms, sequence]) => `${ms}-${sequence}`).toSorted(compareEntryIds));

test('each entry is either applied or put back, and never both, in their order', () => {
  fc.assert(
    fc.property(ids, fc.nat(20), fc.nat(5), (entries, ms, sequence) => {
      const lastId = `${ms}-${sequence}`;
      const left = choosePutBack(content(stream(5, one, entries)), [{ shard: 5, run: one, lastId }]);
      const back = left.streams.flatMap((kept) => kept.entries.map(([id]) => id));
      const gone = entries.filter((id) => compareEntryIds(id, lastId) <= 0);
      expect([...gone, ...back]).toEqual(entries);
    }),
  );
});
