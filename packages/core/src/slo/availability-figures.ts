import type { BudgetingMethod } from '@alwayson/protocol/words.ts';
import { bucketSeconds } from '@alwayson/protocol/traffic.ts';
import type { RegionSummary, SpanSummary } from './flow-traffic.ts';

/** Requests that a slice of each region would have had. */
export type ExpectedRates = readonly number[];

export interface Availability {
  measured: number | null;
  coverage: number;
  lowerBound: number | null;
  interval: [low: number, high: number];
  good: number;
  bad: number;
  total: number;
  badByProbes: number;
  unknown: number;
  unanswered: number;
}

/**
 * The mean over the slices that told of anything. A region that told of nothing is taken for the mean of the others: its share of
 * the requests is not known, but it has one.
 */
export function toExpectedRates(regions: readonly RegionSummary[]): ExpectedRates {
  const known = regions.filter(({ told }) => told > 0).map(meanOf);
  const others = known.length === 0 ? 0 : known.reduce((sum, rate) => sum + rate, 0) / known.length;
  return regions.map((region) => (region.told > 0 ? meanOf(region) : others));
}

function meanOf({ requests, told }: RegionSummary): number {
  return requests / told;
}

/** Good and bad requests, with those that nobody logged while probes failed. */
export function countKnown(
  summary: SpanSummary,
  rates: ExpectedRates,
): Pick<Availability, 'good' | 'bad' | 'total' | 'badByProbes'> {
  const badByProbes = roundUp(
    summary.regions.reduce((sum, { failed }, index) => sum + failed * (rates[index] ?? 0), 0),
  );
  const { good } = summary.counts;
  const bad = summary.counts.bad + badByProbes;
  return { good, bad, total: good + bad, badByProbes };
}

/**
 * The four figures by one method. `lowerBound`: slices that are not known count as bad, in requests by the expected rate (never
 * fewer than the log lines known to be lost), in minutes as they are. So do requests that a gateway dropped without a word: of which
 * flow they were nobody knows, so each flow is charged with all of them.
 */
export function toAvailability(
  summary: SpanSummary,
  rates: ExpectedRates,
  method: BudgetingMethod,
): Availability {
  const known = countKnown(summary, rates);
  const unknown = roundUp(
    summary.regions.reduce(
      (sum, region, index) => sum + Math.max(region.unknown * (rates[index] ?? 0), region.linesLost),
      0,
    ),
  );
  const unanswered = summary.regions.reduce((sum, region) => sum + region.unanswered, 0);
  const slices = summary.slices * summary.regions.length;
  const complete = summary.regions.reduce((sum, region) => sum + region.complete, 0);
  const { minutes } = summary;
  const judged = minutes.up + minutes.down;
  const share = {
    occurrences: { good: known.good, total: known.total, unknown: unknown + unanswered },
    timeslices: { good: minutes.up, total: judged, unknown: minutes.unknown },
    'ratio-timeslices': { good: minutes.ratios, total: judged, unknown: minutes.unknown },
  }[method];
  return {
    ...known,
    unknown,
    unanswered,
    coverage: slices === 0 ? 0 : complete / slices,
    measured: share.total === 0 ? null : share.good / share.total,
    lowerBound: share.total === 0 ? null : share.good / (share.total + share.unknown),
    interval: toWilsonInterval(share.good, share.total),
  };
}

/** Of the whole window's budget, the part that a span of `seconds` with this availability spent. */
export function toBudgetSpent(
  { measured, seconds }: { measured: number; seconds: number },
  { objective, windowDays }: { objective: number; windowDays: number },
): number {
  return ((1 - measured) / (1 - objective)) * Math.min(1, seconds / (windowDays * 86_400));
}

/** What an objective allows to be down in `days`. */
export function toErrorBudgetSeconds(objective: number, days: number): number {
  return (1 - objective) * days * 86_400;
}

/** Good requests without a bad one that prove an objective with 95 % confidence: three nines need 2,995. */
export function toRequestsToProve(objective: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(objective));
}

/** 95 % of a normal distribution lie within this many deviations. */
const z = 1.959963984540054;

/** Nothing asked, nothing known: [0, 1]. */
export function toWilsonInterval(good: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const ratio = good / total;
  const scale = 1 + z ** 2 / total;
  const centre = (ratio + z ** 2 / (2 * total)) / scale;
  const half = (z / scale) * Math.sqrt((ratio * (1 - ratio)) / total + z ** 2 / (4 * total ** 2));
  return [Math.min(ratio, Math.max(0, centre - half)), Math.max(ratio, Math.min(1, centre + half))];
}

/** To a multiple of a slice, never to nothing. */
export function roundUpToSlices(seconds: number): number {
  return Math.max(1, roundUp(seconds / bucketSeconds)) * bucketSeconds;
}

/** Products of decimals end a hair above whole numbers. */
function roundUp(value: number): number {
  return Math.max(0, Math.ceil(value - 1e-9));
}
