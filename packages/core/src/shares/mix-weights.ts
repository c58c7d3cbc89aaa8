import type { ShareWeights } from '@alwayson/protocol/shares.ts';
import type { Fractions } from './route-pool.ts';

export interface MixedStamp {
  id: string;
  region: string;
  isCandidate: boolean;
}

export interface Mix {
  /** Stamps whose weights are compared with each other: of one region, or of a pool of all regions. */
  stamps: readonly MixedStamp[];
  /** Weights in force, of which nothing is kept between releases when the parts have changed. */
  before: ShareWeights;
  isNewSplit: boolean;
}

/** A wish and the weight in force (0..256) to the weight that it is to have among the stamps of its release. */
export type ToWeight = (wish: number, before: number) => number;

const weightMax = 256;
/** What flows over from one release to the other follows demand: less than this is no reason to change. */
const keptWithin = 0.01;

/**
 * Weights of two releases: exact between the two, for that is what the program says, and with all steadiness (`toWeight`) among the
 * stamps of each. A part that is wanted is never rounded away.
 */
export function mixWeights(
  fractions: Fractions,
  { stamps, before, isNewSplit }: Mix,
  toWeight: ToWeight,
): ShareWeights {
  const ids = (isCandidate: boolean) =>
    stamps.filter((stamp) => stamp.isCandidate === isCandidate).map(({ id }) => id);
  const groups = [ids(true), ids(false)];
  const partOf = (row: Fractions) =>
    sumOf(row, ids(true)) / Math.max(1e-9, sumOf(row, [...ids(true), ...ids(false)]));
  const wish = partOf(fractions);
  const last = partOf(before);
  const isKept = !isNewSplit && [wish, last].every((part) => part > 0 && part < 1);
  const part = isKept && Math.abs(wish - last) < keptWithin ? last : wish;
  const rows = groups.map((group, index) => {
    const row = toGroupRow(fractions, { group, before, toWeight });
    const unit = (index === 0 ? part : 1 - part) / Math.max(1e-9, sumOf(row, group));
    return group.map((id) => [id, (row[id] ?? 0) * unit] as const);
  });
  const exact = rows.flat();
  const most = Math.max(1e-9, ...exact.map(([, value]) => value));
  return Object.fromEntries(
    exact.map(([id, value]) => [id, value > 0 ? Math.max(1, Math.round((weightMax * value) / most)) : 0]),
  );
}

interface Group {
  group: readonly string[];
  before: ShareWeights;
  toWeight: ToWeight;
}

/** As if there was no other release. */
function toGroupRow(fractions: Fractions, { group, before, toWeight }: Group): ShareWeights {
  const largest = (row: Fractions) => Math.max(1e-9, ...group.map((id) => row[id] ?? 0));
  const wished = largest(fractions);
  const had = largest(before);
  return Object.fromEntries(
    group.map((id) => [id, toWeight((fractions[id] ?? 0) / wished, ((before[id] ?? 0) / had) * weightMax)]),
  );
}

function sumOf(row: Fractions, ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (row[id] ?? 0), 0);
}
