import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareStrata, type Stratum, toChance } from '../../src/rollout/gate-strata.ts';

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i += 1) result = (result * (n - k + i)) / i;
  return k < 0 || k > n ? 0 : result;
}

/** By counting every way in which the bad ones of each stratum can fall. */
function countAll(strata: readonly Stratum[]): number {
  const wanted = strata.reduce((sum, { own }) => sum + own.bad, 0);
  const spread = strata.reduce<number[]>(
    (sums, { own, other }) => {
      const [size, bad] = [own.good + own.bad, own.bad + other.bad];
      const total = size + other.good + other.bad;
      const next: number[] = [];
      for (const [sum, chance] of sums.entries()) {
        for (let n = 0; n <= Math.min(size, bad); n += 1) {
          const likely = (choose(size, n) * choose(total - size, bad - n)) / choose(total, bad);
          next[sum + n] = (next[sum + n] ?? 0) + chance * likely;
        }
      }
      return next;
    },
    [1],
  );
  return spread.reduce((tail, chance, n) => (n >= wanted ? tail + chance : tail), 0);
}

const count = fc.integer({ min: 0, max: 12 });
const sample = fc.record({ good: count, bad: count }).filter(({ good, bad }) => good + bad > 0);
const stratum: fc.Arbitrary<Stratum> = fc.record({ own: sample, other: sample });

test('the chance is exact for any number of strata', () => {
  fc.assert(
    fc.property(fc.array(stratum, { minLength: 1, maxLength: 4 }), (strata) => {
      expect(toChance(strata)).toBeCloseTo(countAll(strata), 6);
    }),
  );
});

test('more traffic from the region that is worse for everybody is no fault', () => {
  // West fails at 10 %, for both; the candidate gets nearly all of its requests there.
  const west: Stratum = { own: { good: 900, bad: 100 }, other: { good: 900, bad: 100 } };
  const east: Stratum = { own: { good: 10, bad: 0 }, other: { good: 9000, bad: 0 } };
  expect(compareStrata([west, east]).expected).toBeCloseTo(0.1, 2);
  expect(toChance([west, east])).toBeGreaterThan(0.4);
});

test('a stratum without requests of one side tells nothing', () => {
  const told: Stratum = { own: { good: 80, bad: 20 }, other: { good: 400, bad: 0 } };
  const alone: Stratum = { own: { good: 0, bad: 500 }, other: { good: 0, bad: 0 } };
  expect(compareStrata([told, alone]).own).toEqual(told.own);
  expect(toChance([told, alone])).toBe(toChance([told]));
  expect(toChance([alone])).toBe(1);
});

test('large counts stay exact and quick', () => {
  const equal: Stratum = { own: { good: 30_000, bad: 600 }, other: { good: 600_000, bad: 12_000 } };
  const chance = toChance([equal, equal, equal, equal]);
  expect(chance).toBeGreaterThan(0.45);
  expect(chance).toBeLessThan(0.55);
});
