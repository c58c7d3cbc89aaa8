import { type ListedRelease, releaseStates } from '@alwayson/protocol/releases.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideRetention } from '../../src/rollout/decide-retention.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();
const release = (digest: string, n: number, state: ListedRelease['state'] = 'stored') => ({
  digest,
  createdAt: day(n),
  state,
});

test('the oldest go first, and only what nothing runs and nobody named', () => {
  const releases = [
    release('e', 5),
    release('a', 1, 'live'),
    release('b', 2),
    release('d', 4, 'former'),
    release('c', 3),
  ];
  expect(decideRetention({ releases, keep: 4, kept: new Set() })).toEqual([]);
  expect(decideRetention({ releases, keep: 3, kept: new Set() })).toEqual(['b']);
  expect(decideRetention({ releases, keep: 3, kept: new Set(['b']) })).toEqual(['c']);
  expect(decideRetention({ releases, keep: 1, kept: new Set() })).toEqual(['b', 'c', 'e']);
});

test('what is left is as few as may be, and nothing that was left is older than what went', () => {
  const digests = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 20 });
  const world = digests.chain((names) =>
    fc.record({
      releases: fc.tuple(
        ...names.map((digest) =>
          fc
            .record({ n: fc.integer({ min: 1, max: 9 }), state: fc.constantFrom(...releaseStates) })
            .map(({ n, state }) => release(digest, n, state)),
        ),
      ),
      keep: fc.integer({ min: 1, max: 10 }),
      kept: fc.subarray(names).map((some) => new Set(some)),
    }),
  );
  fc.assert(
    fc.property(world, ({ releases, keep, kept }) => {
      const removed = new Set(decideRetention({ releases, keep, kept }));
      const isFree = ({ digest, state }: (typeof releases)[number]) =>
        state === 'stored' && !kept.has(digest);
      const gone = releases.filter(({ digest }) => removed.has(digest));
      const left = releases.filter(({ digest, state }) => !removed.has(digest) && state !== 'live');
      expect(gone.every(isFree)).toBe(true);
      expect(left.length <= keep || !left.some(isFree)).toBe(true);
      expect(gone.length === 0 || left.length >= keep).toBe(true);
      for (const one of left.filter(isFree)) {
        expect(gone.every(({ createdAt }) => createdAt <= one.createdAt)).toBe(true);
      }
    }),
  );
});
