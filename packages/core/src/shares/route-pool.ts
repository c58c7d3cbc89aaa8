import type { JudgedStamp } from './judge-stamps.ts';
import { classOf } from './attribute-cause.ts';
import type { FillStamp } from './fill-lanes.ts';
import type { Fill } from './fill-shares.ts';
import { toFactor } from './readmission.ts';
import type { StampEvidence, TrafficSlice } from './share-evidence.ts';

/** Amounts instead of weights: parts of the largest of their row, 0..1. */
export type Fractions = Record<string, number>;

export interface TargetRouting {
  weights: Fractions;
  pools: { gateway: string; weights: Fractions }[];
}

export interface FillContext {
  /** The digest of the release that is on its way in; null without one. */
  candidate: string | null;
  now: number;
}

export function toCapacity({ capacity }: StampEvidence): number {
  return Math.max(1, Math.min(capacity.declared, capacity.measured ?? Infinity));
}

export function toFillStamp(
  { evidence, judged, memory }: JudgedStamp,
  { candidate, now }: FillContext,
): FillStamp {
  const found = classOf(judged);
  const { standing } = memory;
  const isReserve = found === 'soft' || standing.kind === 'out';
  // A stamp that was never seen serving is tried before nobody is.
  const isNever = judged.reasons.some(({ key }) => key === 'operator');
  const tier = isNever
    ? 'never'
    : found === 'off' || found === 'hard'
      ? 'last'
      : isReserve
        ? 'reserve'
        : 'good';
  return {
    id: evidence.id,
    region: evidence.region,
    tier,
    capacity: toCapacity(evidence),
    factor: toFactor(standing, now),
    isDegraded: found === 'degraded',
    success: toSuccess(evidence.traffic.flatMap(({ slices }) => slices)),
    isCandidate: evidence.release === candidate,
  };
}

/** Part of the recent requests that were good; in between when there were none. */
export function toSuccess(slices: readonly TrafficSlice[]): number {
  let good = 1;
  let total = 2;
  for (const slice of slices) {
    good += slice.good;
    total += slice.good + slice.bad;
  }
  return good / total;
}

/**
 * What gateways need to be told. A gateway uses the stamps of its own region by weight, and those of the others only when none of
 * its own has any; only where that says less than the fill wants, the gateway gets a pool of its own.
 */
export function toTargetRouting({ rows }: Fill, stamps: readonly FillStamp[]): TargetRouting {
  const regions = [...new Set(stamps.map(({ region }) => region))];
  const target: TargetRouting = { weights: {}, pools: [] };
  for (const region of regions) {
    const row = toMaterial(rows[region] ?? {}, stamps);
    const own = stamps.filter((stamp) => stamp.region === region);
    const foreign = stamps.filter((stamp) => stamp.region !== region && row[stamp.id] !== undefined);
    Object.assign(target.weights, toFractions(row, own));
    const isEvacuated = own.every(({ id }) => row[id] === undefined);
    const [other, another] = new Set(foreign.map((stamp) => stamp.region));
    // Weights compare stamps of one region only.
    const isBackup = isEvacuated && other !== undefined && another === undefined;
    if (foreign.length === 0 || (isBackup && isLikewise(row, rows[other] ?? {}, stamps))) continue;
    target.pools.push({ gateway: region, weights: toFractions(row, stamps) });
  }
  return target;
}

/** What is less than this part of a row is an accident of arithmetic or of a moment, and no reason to route. */
const materialPart = 0.004;
/** Of one of two releases, beside the other. */
const materialPartOfRelease = 0.002;

type Row = Readonly<Record<string, number>>;

/** The amounts that matter. A release with a small part of the traffic is judged by itself. */
function toMaterial(row: Row, stamps: readonly FillStamp[]): Row {
  const total = sumRow(row, stamps);
  const groups = [...Map.groupBy(stamps, ({ isCandidate }) => isCandidate).values()];
  const kept = groups.flatMap((group) => {
    if (groups.length > 1 && sumRow(row, group) < materialPartOfRelease * total) return [];
    const most = Math.max(...group.map(({ id }) => row[id] ?? 0));
    return group.flatMap(({ id }): [string, number][] => {
      const amount = row[id] ?? 0;
      return amount > 0 && amount >= materialPart * most ? [[id, amount]] : [];
    });
  });
  return Object.fromEntries(kept);
}

/** Whether two gateways give the candidate the same part, so that one may go by the weights of the other. */
function isLikewise(row: Row, other: Row, stamps: readonly FillStamp[]): boolean {
  const candidates = stamps.filter(({ isCandidate }) => isCandidate);
  const partOf = (one: Row) => sumRow(one, candidates) / Math.max(1e-9, sumRow(one, stamps));
  return Math.abs(partOf(row) - partOf(other)) < 0.005;
}

function sumRow(row: Row, stamps: readonly FillStamp[]): number {
  return stamps.reduce((sum, { id }) => sum + (row[id] ?? 0), 0);
}

function toFractions(row: Row, stamps: readonly FillStamp[]): Fractions {
  const most = Math.max(...stamps.map(({ id }) => row[id] ?? 0));
  return Object.fromEntries(stamps.map(({ id }) => [id, most === 0 ? 0 : (row[id] ?? 0) / most]));
}
