import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toGroups } from '../../src/queue/to-groups.ts';

const entries = fc
  .array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), type: fc.constantFrom('x', 'y') }), {
    maxLength: 30,
  })
  .map((list) => list.map((entry, id) => ({ ...entry, id })));

test('grouping by type keeps every entry and the order within a key', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const groups = toGroups(list);
      for (const { type, entries: members } of groups) {
        expect(members.every((entry) => entry.type === type)).toBe(true);
      }
      const order = groups.flatMap((group) => group.entries);
      expect(order.toSorted((a, b) => a.id - b.id)).toEqual(list);
      for (const key of ['a', 'b', 'c']) {
        const ids = order.filter((entry) => entry.key === key).map(({ id }) => id);
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('entries of one type become one group', () => {
  const list = [1, 2, 3].map((n) => ({ key: `k${n % 2}`, type: 'x' }));
  expect(toGroups(list)).toEqual([{ type: 'x', entries: list }]);
});
