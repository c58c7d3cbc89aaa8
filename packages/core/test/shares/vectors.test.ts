import { expect, test } from 'vitest';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import { ShareWorld, type WorldStamp } from './share-world.ts';

/** The twelve vectors of the health research (section 3.4): every stamp carries 100 requests per second. */
interface Vector {
  row: string;
  stamps: Partial<WorldStamp>[];
  demand: number;
  /** Percent, in the order of the stamps. */
  shares: number[];
  cause: SharesReport['cause']['kind'];
  overflow?: boolean;
  shed?: number;
  rollback?: string;
  evacuate?: string;
}

const ok = {};
const soft = { contact: 503 } as const;
const hard = { contact: 'refused' } as const;
const off = { operator: { state: 'off', reason: 'test' } } as const;
const database = { dependencies: { database: 'unhealthy' } } as const;
/** HAProxy sends nothing to who answers 503; these are bad by the model's word, which users confirm. */
const failing = (part: number): Partial<WorldStamp> => ({
  verdict: { state: 'unhealthy', reason: 'test' },
  errors: { '*': part },
});

const vectors: Vector[] = [
  {
    row: 'a soft, b c ok | 150 | 0/50/50 | stamp',
    stamps: [soft, ok, ok],
    demand: 150,
    shares: [0, 50, 50],
    cause: 'stamp',
  },
  {
    row: 'a soft, b c ok | 250 | 27/36/36, overflow | stamp',
    stamps: [soft, ok, ok],
    demand: 250,
    shares: [27, 36, 36],
    cause: 'stamp',
    overflow: true,
  },
  {
    row: 'a b c soft, same DB | 150 | 33/33/33, overflow, no eviction | shared',
    stamps: [database, database, database],
    demand: 150,
    shares: [33, 33, 33],
    cause: 'shared',
    overflow: true,
  },
  {
    row: 'a b soft same dep, c ok | 80 | 0/0/100 | differential',
    stamps: [database, database, ok],
    demand: 80,
    shares: [0, 0, 100],
    cause: 'differential',
  },
  {
    row: 'a b soft same dep, c ok | 150 | 20/20/61, overflow | differential',
    stamps: [database, database, ok],
    demand: 150,
    shares: [20, 20, 61],
    cause: 'differential',
    overflow: true,
  },
  {
    row: 'region A (2) soft, region B (2) ok | 150 | 0/0/50/50 | region',
    stamps: [{ ...soft, region: 'a' }, { ...soft, region: 'a' }, { region: 'b' }, { region: 'b' }],
    demand: 150,
    shares: [0, 0, 50, 50],
    cause: 'region',
    evacuate: 'a',
  },
  {
    row: 'release 2 (2) soft, release 1 (2) ok | 150 | 50/50/0/0 + rollback | release',
    stamps: [
      { region: 'a', release: '1' },
      { region: 'b', release: '1' },
      { ...soft, region: 'a', release: '2' },
      { ...soft, region: 'b', release: '2' },
    ],
    demand: 150,
    shares: [50, 50, 0, 0],
    cause: 'release',
    rollback: '2',
  },
  {
    row: 'a b hard, c ok | 90 | 0/0/100',
    stamps: [hard, hard, ok],
    demand: 90,
    shares: [0, 0, 100],
    cause: 'none',
  },
  {
    row: 'a b hard, c ok | 250 | 0/0/100, shed',
    stamps: [hard, hard, ok],
    demand: 250,
    shares: [0, 0, 100],
    cause: 'none',
    shed: 150,
  },
  {
    row: 'a ok, b off, c soft | 90 | 100/0/0 | stamp',
    stamps: [ok, off, soft],
    demand: 90,
    shares: [100, 0, 0],
    cause: 'stamp',
  },
  {
    row: 'a soft, b off, c hard | 90 | 100/0/0, overflow | all-bad',
    stamps: [soft, off, hard],
    demand: 90,
    shares: [100, 0, 0],
    cause: 'all-bad',
    overflow: true,
  },
  {
    row: 'a degraded, b c ok | 150 | 20/40/40',
    stamps: [{ isDegraded: true }, ok, ok],
    demand: 150,
    shares: [20, 40, 40],
    cause: 'none',
  },
  {
    row: 'a degraded, b c ok | 260 | 33/33/33',
    stamps: [{ isDegraded: true }, ok, ok],
    demand: 260,
    shares: [33, 33, 33],
    cause: 'none',
  },
  {
    row: 'a(20 % ok) b(80 % ok) soft, c d ok | 250 | 5/22/36/36, overflow | independent',
    stamps: [failing(0.8), failing(0.2), ok, ok],
    demand: 250,
    shares: [5, 22, 36, 36],
    cause: 'independent',
    overflow: true,
  },
];

test.each(vectors)('$row', (vector) => {
  const ids = ['a', 'b', 'c', 'd'];
  const world = new ShareWorld({
    stamps: vector.stamps.map(({ region = 'a', release = '1' }, index) => ({
      id: ids[index] ?? '',
      region,
      release,
    })),
    flows: [{ name: 'browse', requestsPerSecond: vector.demand }],
    isSteady: true,
  });
  // Everybody has served for long before anything happens.
  const before = world.run(300_000);
  expect(before.stamps.every((stamp) => stamp.standing.kind === 'serving')).toBe(true);
  vector.stamps.forEach((fault, index) => Object.assign(world.stamp(ids[index] ?? ''), fault));
  const report = world.run(60_000);

  expect(report.stamps.map(({ share }) => Math.round(share * 100))).toEqual(vector.shares);
  expect(report.cause.kind).toBe(vector.cause);
  expect(report.overflow > 0).toBe(vector.overflow ?? false);
  expect(report.shed).toBeCloseTo(vector.shed ?? 0);
  expect(report.cause.release).toBe(vector.rollback);
  expect(report.regions.filter(({ evacuate }) => evacuate).map(({ region }) => region)).toEqual(
    vector.evacuate === undefined ? [] : [vector.evacuate],
  );
});
