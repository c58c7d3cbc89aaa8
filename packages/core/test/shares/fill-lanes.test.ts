import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FillStamp } from '../../src/shares/fill-lanes.ts';
import { fillShares } from '../../src/shares/fill-shares.ts';

const tiers = ['good', 'reserve', 'last', 'never'] as const;
const stamp = fc.record({
  tier: fc.constantFrom(...tiers),
  region: fc.constantFrom('west', 'east'),
  capacity: fc.integer({ min: 1, max: 500 }),
  success: fc.double({ min: 0, max: 1, noNaN: true }),
  isDegraded: fc.boolean(),
  isCandidate: fc.boolean(),
  factor: fc.constantFrom(0.02, 0.5, 1, 1, 1),
});
const stamps = fc
  .array(stamp, { minLength: 1, maxLength: 10 })
  .map((all) => all.map((one, index): FillStamp => ({ ...one, id: `s${index}` })));
const demands = fc.record({ west: fc.nat(800), east: fc.nat(800) });
const part = fc.constantFrom(0, 0.01, 0.05, 0.25, 0.5, 1);
const parts = fc.record({ west: part, east: part });

interface Both {
  west: number;
  east: number;
}

function fill(of: readonly FillStamp[], demand: Both, split: Both) {
  const gateways = (['west', 'east'] as const).map((region) => {
    return { region, demand: demand[region], part: split[region] };
  });
  return fillShares(of, gateways);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const candidatePart = (of: readonly FillStamp[], row: Record<string, number>) =>
  sum(of.filter(({ isCandidate }) => isCandidate).map(({ id }) => row[id] ?? 0)) / sum(Object.values(row));

test('everything that is asked for is given to somebody, unless all are off', () => {
  fc.assert(
    fc.property(stamps, demands, parts, (of, demand, split) => {
      const { amounts, need, rows } = fill(of, demand, split);
      const isOff = of.every(({ tier }) => tier === 'never');
      expect(sum(Object.values(amounts)) / need).toBeCloseTo(isOff ? 0 : 1, 6);
      for (const row of Object.values(rows)) expect(sum(Object.values(row)) > 0).toBe(!isOff);
      for (const { id, tier } of of) if (tier === 'never') expect(amounts[id]).toBe(0);
    }),
    { numRuns: 3000 },
  );
});

test('while both releases can carry everything, each gateway gives exactly the part', () => {
  const large = [true, false].map((isCandidate): FillStamp => {
    const rest = { tier: 'good', region: 'west', capacity: 2000, success: 1, factor: 1 } as const;
    return { ...rest, id: isCandidate ? 'new' : 'old', isDegraded: false, isCandidate };
  });
  fc.assert(
    fc.property(stamps, demands, parts, (some, demand, split) => {
      const of = [...some, ...large];
      const { rows } = fill(of, demand, split);
      expect(candidatePart(of, rows['west'] ?? {})).toBeCloseTo(split.west, 6);
      expect(candidatePart(of, rows['east'] ?? {})).toBeCloseTo(split.east, 6);
    }),
    { numRuns: 2000 },
  );
});

test('a gateway whose part is 0 gives a candidate nothing as long as anybody else is good', () => {
  fc.assert(
    fc.property(stamps, demands, (of, demand) => {
      fc.pre(of.some(({ isCandidate, tier }) => !isCandidate && tier === 'good'));
      const { rows } = fill(of, demand, { west: 0, east: 1 });
      expect(candidatePart(of, rows['west'] ?? {})).toBe(0);
    }),
    { numRuns: 2000 },
  );
});

test('at part 1 the others get nothing as long as candidates can carry it', () => {
  fc.assert(
    fc.property(stamps, demands, (of, demand) => {
      const able = of.filter(({ isCandidate, tier }) => isCandidate && tier === 'good');
      const { amounts, need } = fill(of, demand, { west: 1, east: 1 });
      fc.pre(sum(able.filter(({ factor }) => factor === 1).map(({ capacity }) => capacity)) >= need);
      for (const { id, isCandidate } of of) if (!isCandidate) expect(amounts[id]).toBeLessThan(1e-6);
    }),
    { numRuns: 2000 },
  );
});

test('with any traffic for both, nobody bad gets anything while the good have room', () => {
  fc.assert(
    fc.property(stamps, demands, fc.constantFrom(0.05, 0.5), (of, demand, one) => {
      const { amounts, overflow } = fill(of, demand, { west: one, east: one });
      const isFree = of.some(
        ({ id, tier, capacity }) => tier === 'good' && (amounts[id] ?? 0) < capacity - 1e-6,
      );
      if (!isFree) return;
      expect(overflow).toBeLessThan(1e-6);
      for (const { id, tier } of of) if (tier !== 'good') expect(amounts[id]).toBeLessThan(1e-6);
    }),
    { numRuns: 2000 },
  );
});

test('with stamps of one release only, parts change nothing', () => {
  fc.assert(
    fc.property(stamps, demands, parts, (of, demand, split) => {
      const alike = of.map((one) => ({ ...one, isCandidate: of[0]?.isCandidate === true }));
      const gateways = (['west', 'east'] as const).map((region) => {
        return { region, demand: demand[region], part: null };
      });
      expect(fill(alike, demand, split)).toEqual(fillShares(alike, gateways));
    }),
    { numRuns: 1000 },
  );
});
