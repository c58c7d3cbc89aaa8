import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstRegionLossWatch,
  isRegionLost,
  type RegionLossFacts,
  type RegionLossWatch,
  settleRegionLoss,
} from '../../src/recovery/decide-region-loss.ts';

const lost: RegionLossFacts = {
  hosts: ['refused', 'silent'],
  servers: ['silent', 'refused'],
  receivers: [false, false],
};

describe('a region is lost only when two sites agree', () => {
  test.each([
    ['all of it is gone, and nobody elsewhere receives from it', {}, true],
    ['one host is reached', { hosts: ['connected', 'silent'] }, false],
    ['nothing is known of a host yet', { hosts: ['unknown', 'silent'] }, false],
    ['one server answers', { servers: ['answers', 'silent'] }, false],
    ['a server is starting', { servers: ['starting', 'silent'] }, false],
    ['only the way to the witness is cut: elsewhere somebody receives', { receivers: [false, true] }, false],
    ['the witness is cut off: nobody answers it', { receivers: [] }, false],
    ['it has no zones', { hosts: [] }, false],
  ] as const)('%s', (_, change, wanted) => expect(isRegionLost({ ...lost, ...change })).toBe(wanted));
});

test('the time counts from when all spoke for it, begins anew when one spoke against it, and while nobody looked', () => {
  const there: RegionLossFacts = { ...lost, receivers: [true] };
  const look = (before: RegionLossWatch, facts: RegionLossFacts, now: number) =>
    settleRegionLoss(before, facts, now);
  const first = look(firstRegionLossWatch, lost, 1000);
  expect(first.since).toBe(1000);
  const later = look(first, lost, 4000);
  expect(later.since).toBe(1000);
  const back = look(later, there, 5000);
  expect(back.since).toBeNull();
  expect(look(back, lost, 6000).since).toBe(6000);
  expect(look(later, lost, 60_000).since).toBe(60_000);
});

test('whatever is seen, the time never reaches back behind what spoke against it or a time in which nobody looked', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 100, max: 8000 }), fc.boolean()), { maxLength: 60 }),
      (looks) => {
        let now = 0;
        let doubtedAt = 0;
        let watch = firstRegionLossWatch;
        for (const [ms, isLost] of looks) {
          now += ms;
          if (!isLost || ms > 5000) doubtedAt = now;
          watch = settleRegionLoss(watch, isLost ? lost : { ...lost, receivers: [true] }, now);
          expect(watch.since === null).toBe(!isLost);
          if (watch.since !== null) expect(watch.since).toBeGreaterThanOrEqual(doubtedAt);
        }
      },
    ),
  );
});
