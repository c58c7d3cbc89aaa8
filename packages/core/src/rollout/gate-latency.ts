import { countSamples, toLatencyBucket } from '@alwayson/protocol/latency-histogram.ts';
import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { rateOf, type Sample } from '../shares/compare-samples.ts';
import { addUp, type GateCell, type GateRequests } from './gate-cells.ts';
import { compareStrata, lookChanceMax, type Stratum, toChance } from './gate-strata.ts';
import { toGroups, type FlowView, type Reference, type ViewStratum } from './gate-view.ts';
import { toChanceWords, toMs } from './gate-words.ts';

export interface LatencyContext {
  /** The bake is over: there will be no more to see. */
  final: boolean;
  latencyRatio: number;
  isSharedTrouble: boolean;
  words: string;
}

const countMin = 50;
const excessMsMin = 5;
/** Points more of the candidate's requests than of the others' that are slower than what was usual. */
const aboveMin = 0.05;
/** Pieces with fewer requests tell nothing. */
const pieceCountMin = 5;
/** Of the pieces such a part must be slow, and so many. */
const slowPartMin = 0.75;
const slowPiecesMin = 4;
const quantiles = [0.5, 0.95] as const;

interface Pair {
  own: Latencies & Pick<GateCell, 'pieces'>;
  other: Reference;
}
type Latencies = Pick<GateRequests, 'latency' | 'sumsMs'>;

interface Slower {
  quantile: number;
  ownMs: number;
  otherMs: number;
  /** Of its requests, in the order of time, that were slow. */
  pieces: number;
  chance: number;
}

/** Whether the candidate is slower, flow by flow: over all regions, and in each alone. */
export function judgeLatency(views: readonly FlowView[], context: LatencyContext): GateCheck[] {
  const groups = views.map(({ strata }) => toGroups(strata));
  const chance = lookChanceMax / (quantiles.length * groups.reduce((sum, own) => sum + own.length, 0));
  return views.flatMap(({ flow, strata }, index): GateCheck[] => {
    const pairs = toPairs(strata);
    const samples = countOf(pairs);
    if (samples < countMin) return [];
    const check = { name: 'latency', flow: flow.name, samples };
    for (const group of groups[index] ?? []) {
      const compared = toPairs(group.strata);
      const slower = findSlower(compared, context.latencyRatio, chance);
      if (slower === null) continue;
      const text = `${context.words}${group.where}${describeSlower(slower)}`;
      const isEarlier = compared.some(({ other }) => other.isEarlier);
      // Nobody runs beside it any more: that the hour is slower, or that pools are being filled, is no fault of it. Its promise holds all the same.
      if (isEarlier && !(context.final && slower.ownMs > flow.objectiveMs)) continue;
      if (slower.pieces < slowPiecesMin)
        return [{ ...check, verdict: 'not-enough-data', text: `${text}, for too short a time to tell` }];
      if (!isEarlier || !context.isSharedTrouble) return [{ ...check, verdict: 'fail', text }];
      return [{ ...check, verdict: 'not-enough-data', text: `${text}, but everybody is in trouble now` }];
    }
    return [{ ...check, verdict: 'pass', text: `${context.words}${describe(pairs)}` }];
  });
}

/** Milliseconds below which `part` (0..1) of the requests were; null without any. */
export function toQuantile({ latency, sumsMs }: Latencies, part: number): number | null {
  const wanted = part * countSamples(latency);
  let below = 0;
  for (const [bucket, count] of latency.entries()) {
    if (count > 0 && below + count >= wanted) {
      const low = latencyBoundsMs[bucket - 1] ?? 0;
      const high = latencyBoundsMs[bucket] ?? low * 2;
      const mean = Math.min(high, Math.max(low, (sumsMs[bucket] ?? 0) / count));
      // As if evenly spread around their mean, as far as the nearer bound.
      const spread = Math.min(mean - low, high - mean);
      return mean + spread * ((2 * (wanted - below)) / count - 1);
    }
    below += count;
  }
  return null;
}

function toPairs(strata: readonly ViewStratum[]): Pair[] {
  return strata.flatMap(({ own, other }) => (other === null ? [] : [{ own, other }]));
}

function findSlower(pairs: readonly Pair[], ratio: number, chanceMost: number): Slower | null {
  if (countOf(pairs) < countMin) return null;
  const usual = toUsual(pairs);
  const own = sumUp(pairs.map((pair) => pair.own));
  for (const quantile of quantiles) {
    const otherMs = toQuantile(usual, quantile);
    const ownMs = toQuantile(own, quantile);
    if (otherMs === null || ownMs === null) continue;
    if (ownMs < ratio * otherMs || ownMs < otherMs + excessMsMin) continue;
    // Three times slower, all that was in the bucket of the usual is above its upper bound: no bucket is as wide as that.
    const bucket = toLatencyBucket(otherMs);
    if (bucket >= latencyBoundsMs.length) continue;
    const strata = pairs.map((pair) => toStratum(pair.own.latency, pair.other, bucket));
    const pieces = countSlowPieces(pairs, bucket);
    if (!isMoreAbove(strata) || pieces === 0) continue;
    const chance = toChance(strata);
    if (chance <= chanceMost) return { quantile, ownMs, otherMs, pieces, chance };
  }
  return null;
}

/**
 * Requests of one moment are slow together: a process that stood still for a second makes fifty of them slow, and the chance of that has nothing
 * to do with how many they were. A release that is slow is slow most of the time; 0 when it is not.
 */
function countSlowPieces(pairs: readonly Pair[], bucket: number): number {
  const pieces = pairs.flatMap(({ own, other }) =>
    own.pieces
      .filter((piece) => countSamples(piece) >= pieceCountMin)
      .map((piece) => isMoreAbove([toStratum(piece, other, bucket)])),
  );
  const slow = pieces.filter(Boolean).length;
  return slow >= pieces.length * slowPartMin ? slow : 0;
}

function toStratum(own: readonly number[], other: Reference, bucket: number): Stratum {
  return { own: splitAbove(own, bucket), other: splitAbove(other.latency, bucket) };
}

function isMoreAbove(strata: readonly Stratum[]): boolean {
  const { own, expected } = compareStrata(strata);
  return rateOf(own) - expected >= aboveMin;
}

/** What is above the bucket counts as bad. */
function splitAbove(latency: readonly number[], bucket: number): Sample {
  const bad = countSamples(latency.slice(bucket + 1));
  return { good: countSamples(latency) - bad, bad };
}

/** As the others' would be with as many requests from each region as the candidate has. */
function toUsual(pairs: readonly Pair[]): Latencies {
  return sumUp(
    pairs.map(({ own, other: { latency, sumsMs } }) => {
      const weight = countSamples(own.latency) / Math.max(1, countSamples(latency));
      const weigh = (values: readonly number[]) => values.map((value) => value * weight);
      return { latency: weigh(latency), sumsMs: weigh(sumsMs) };
    }),
  );
}

function sumUp(all: readonly Latencies[]): Latencies {
  const [first, ...others] = all;
  return others.reduce(
    (sum, { latency, sumsMs }) => ({
      latency: addUp(sum.latency, latency),
      sumsMs: addUp(sum.sumsMs, sumsMs),
    }),
    first ?? { latency: [], sumsMs: [] },
  );
}

function countOf(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { own }) => sum + countSamples(own.latency), 0);
}

function describeSlower({ quantile, ownMs, otherMs, chance }: Slower): string {
  return `p${quantile * 100} ${toMs(ownMs)}, beside ${toMs(otherMs)} ${toChanceWords(chance)}`;
}

function describe(pairs: readonly Pair[]): string {
  const tell = (latencies: Latencies) =>
    quantiles.map((quantile) => toMs(toQuantile(latencies, quantile) ?? 0));
  const [p50, p95] = tell(sumUp(pairs.map(({ own }) => own)));
  const [usual50, usual95] = tell(toUsual(pairs));
  return `p50 ${p50} and p95 ${p95}, beside ${usual50} and ${usual95}`;
}
