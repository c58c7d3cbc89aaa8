import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LagHistory, type LagLook, noteLag, summarizeLag } from '../../src/database/replication-lag.ts';

const attached = (at: number, more: Partial<LagLook> = {}): LagLook => {
  return { at, isAttached: true, bytes: 0, confirmMs: 4, ...more };
};
const gone = (at: number): LagLook => ({ at, isAttached: false, bytes: null, confirmMs: null });

function play(looks: readonly LagLook[]): LagHistory {
  return looks.reduce<LagHistory | undefined>(noteLag, undefined) ?? { coveredAt: 0, samples: [] };
}

test('one that confirms is behind as long as that takes; one that is idle is not behind at all', () => {
  expect(summarizeLag(play([attached(1000)])).ms).toBe(4);
  expect(summarizeLag(play([attached(1000, { confirmMs: null })])).ms).toBe(0);
});

test('one that went falls behind with the clock, and is current again when it confirms', () => {
  const looks = [attached(1000), gone(2000), gone(3000)];
  expect(play(looks).samples).toEqual([4, 1004, 2004]);
  // It streams again, and confirms what is old.
  const back = [...looks, attached(4000, { bytes: 5_000_000, confirmMs: null })];
  expect(summarizeLag(play(back)).ms).toBe(3004);
  expect(summarizeLag(play([...back, attached(5000)])).ms).toBe(4);
});

test('of one that has never confirmed nothing is known', () => {
  const never = [gone(1000), gone(3500)].reduce<LagHistory | undefined>(noteLag, undefined);
  expect(never).toBeUndefined();
  expect(play([gone(1000), gone(3500), attached(4000)]).samples).toEqual([4]);
});

test('percentiles are of the last ten minutes, and ordered', () => {
  const anyLook = fc.record({
    isAttached: fc.boolean(),
    bytes: fc.option(fc.nat(1e6)),
    confirmMs: fc.option(fc.nat(5000)),
  });
  fc.assert(
    fc.property(fc.array(anyLook, { minLength: 1, maxLength: 700 }), (looks) => {
      const history = play(looks.map((look, index) => ({ at: index * 1000, ...look })));
      const { ms, p50Ms, p99Ms } = summarizeLag(history);
      if (history.samples.length === 0) return;
      expect(history.samples.length).toBeLessThanOrEqual(600);
      expect(Math.min(ms, p50Ms)).toBeGreaterThanOrEqual(0);
      expect(p50Ms).toBeLessThanOrEqual(p99Ms);
    }),
  );
});
