import type { JudgedStamp } from './judge-stamps.ts';
import { classOf } from './attribute-cause.ts';
import type { Fill, FillStamp } from './fill-shares.ts';
import { toFactor } from './readmission.ts';
import type { StampEvidence, TrafficSlice } from './share-evidence.ts';

/** Amounts instead of weights: parts of the largest of their row, 0..1. */
export type Fractions = Record<string, number>;

export interface TargetRouting {
  weights: Fractions;
  pools: { gateway: string; weights: Fractions }[];
}

export function toCapacity({ capacity }: StampEvidence): number {
  return Math.max(1, Math.min(capacity.declared, capacity.measured ?? Infinity));
}

export function toFillStamp({ evidence, judged, memory }: JudgedStamp, now: number): FillStamp {
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
export function toTargetRouting(fill: Fill, stamps: readonly FillStamp[]): TargetRouting {
  const regions = [...new Set(stamps.map(({ region }) => region))];
  const target: TargetRouting = { weights: {}, pools: [] };
  for (const region of regions) {
    const row = fill.rows[region] ?? {};
    const own = stamps.filter((stamp) => stamp.region === region);
    const foreign = stamps.filter((stamp) => stamp.region !== region && isMaterial(row, stamp.id));
    Object.assign(target.weights, toFractions(row, own));
    const isEvacuated = own.every(({ id }) => !isMaterial(row, id));
    // Weights compare stamps of one region only.
    const isBackup = isEvacuated && new Set(foreign.map((stamp) => stamp.region)).size === 1;
    if (foreign.length === 0 || isBackup) continue;
    target.pools.push({ gateway: region, weights: toFractions(row, stamps) });
  }
  return target;
}

/** What is less than this part of a row is an accident of arithmetic or of a moment, and no reason to route. */
const materialPart = 0.004;

function isMaterial(row: Readonly<Record<string, number>>, id: string): boolean {
  const amount = row[id] ?? 0;
  return amount > 0 && amount >= materialPart * Math.max(...Object.values(row));
}

function toFractions(row: Readonly<Record<string, number>>, stamps: readonly FillStamp[]): Fractions {
  const kept = stamps.map(({ id }) => [id, isMaterial(row, id) ? (row[id] ?? 0) : 0] as const);
  const most = Math.max(...kept.map(([, amount]) => amount));
  return Object.fromEntries(kept.map(([id, amount]) => [id, most === 0 ? 0 : amount / most]));
}
