import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FillStamp } from '../../src/shares/fill-lanes.ts';
import { fillShares } from '../../src/shares/fill-shares.ts';

type Kind = 'ok' | 'degraded' | 'trial' | 'reserve' | 'last' | 'never';
/** From best to worst. */
const kinds: Kind[] = ['ok', 'degraded', 'trial', 'reserve', 'last', 'never'];

interface Plan {
  kind: Kind;
  region: string;
  capacity: number;
  success: number;
}

const plan = fc.record<Plan>({
  kind: fc.constantFrom(...kinds),
  region: fc.constantFrom('west', 'east'),
  capacity: fc.integer({ min: 1, max: 500 }),
  success: fc.double({ min: 0, max: 1, noNaN: true }),
});
const plans = fc.array(plan, { minLength: 1, maxLength: 8 });
const demands = fc.record({ west: fc.nat(800), east: fc.nat(800) });

function toStamp({ kind, ...rest }: Plan, index: number): FillStamp {
  const isGood = kind === 'ok' || kind === 'degraded' || kind === 'trial';
  return {
    ...rest,
    id: `s${index}`,
    tier: isGood ? 'good' : kind,
    factor: kind === 'trial' ? 0.02 : 1,
    isDegraded: kind === 'degraded',
    isCandidate: false,
  };
}

function fill(stamps: readonly Plan[], demand: { west: number; east: number }) {
  const gateways = [
    { region: 'west', demand: demand.west, part: null },
    { region: 'east', demand: demand.east, part: null },
  ];
  return fillShares(stamps.map(toStamp), gateways);
}

const sum = (values: Record<string, number>) => Object.values(values).reduce((a, b) => a + b, 0);

test('everything that is asked for is given to somebody, unless all are off', () => {
  fc.assert(
    fc.property(plans, demands, (stamps, demand) => {
      const { amounts, need, rows } = fill(stamps, demand);
      const isOff = stamps.every(({ kind }) => kind === 'never');
      expect(sum(amounts) / need).toBeCloseTo(isOff ? 0 : 1, 6);
      for (const row of Object.values(rows)) expect(sum(row) > 0).toBe(!isOff);
    }),
    { numRuns: 2000 },
  );
});

test('nobody bad gets anything while the good have room, and nobody more than it can carry while others have room', () => {
  fc.assert(
    fc.property(plans, demands, (stamps, demand) => {
      const { amounts, overflow, shed } = fill(stamps, demand);
      const used = (kind: Kind[]) =>
        stamps
          .map((stamp, i) => ({ ...stamp, amount: amounts[`s${i}`] ?? 0 }))
          .filter((s) => kind.includes(s.kind));
      const free = used(['ok', 'degraded', 'trial']).some(({ amount, capacity }) => amount < capacity - 1e-6);
      if (free) {
        expect(overflow).toBeLessThan(1e-6);
        expect(shed).toBe(0);
        for (const { amount } of used(['reserve', 'last'])) expect(amount).toBeLessThan(1e-6);
      }
      for (const { amount } of used(['never'])) expect(amount).toBe(0);
      const live = used(['ok', 'degraded', 'trial', 'reserve']);
      const isRoomy = live.some(({ amount, capacity }) => amount < capacity - 1e-6);
      if (isRoomy) for (const { amount, capacity } of live) expect(amount).toBeLessThan(capacity + 1e-6);
    }),
    { numRuns: 2000 },
  );
});

test('a stamp that gets worse never gets more', () => {
  fc.assert(
    fc.property(plans, demands, fc.tuple(fc.nat(), fc.nat()), (stamps, demand, [which, worse]) => {
      const index = which % stamps.length;
      const before = stamps[index] as Plan;
      const from = kinds.indexOf(before.kind);
      const kind = kinds[from + (worse % (kinds.length - from))] as Kind;
      const after = stamps.with(index, { ...before, kind });
      const id = `s${index}`;
      const was = fill(stamps, demand).amounts[id] ?? 0;
      expect(fill(after, demand).amounts[id]).toBeLessThanOrEqual(was + 1e-6);
    }),
    { numRuns: 5000 },
  );
});

test('a gateway uses its own region while that can carry it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 180 }), fc.integer({ min: 0, max: 180 }), (west, east) => {
      const stamps = ['west', 'west', 'east', 'east'].map((region) => {
        return { kind: 'ok' as const, region, capacity: 100, success: 1 };
      });
      const { rows } = fill(stamps, { west, east });
      expect(Object.keys(rows['west'] ?? {})).toEqual(['s0', 's1']);
      expect(Object.keys(rows['east'] ?? {})).toEqual(['s2', 's3']);
    }),
  );
});
