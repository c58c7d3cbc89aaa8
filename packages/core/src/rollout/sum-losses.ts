import {
  createHistogram,
  type LatencyHistogram,
  toQuantileMs,
} from '@alwayson/protocol/latency-histogram.ts';
import type { LossReport } from '@alwayson/protocol/releases.ts';
import { bucketSeconds, type TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { countBucket } from '../slo/count-window.ts';
import type { ProberState } from './probe-tally.ts';

/** Seconds since the epoch, whole slices: [from, to). */
interface LossSpan {
  from: number;
  to: number;
}
const spanNames = ['before', 'during', 'after'] as const;
export type LossSpans = Readonly<Record<(typeof spanNames)[number], LossSpan>>;

/** When a rollout began and ended, ms. */
export interface RolloutTime {
  startedAt: number;
  endedAt: number;
}

const beforeSeconds = 60;
const afterSeconds = 20;
/** It begins and is kept once a second. */
const proberLateMs = 2500;

/** All slices that the rollout had a part of, a minute before them, and 10 to 20 s after them. */
export function toLossSpans({ startedAt, endedAt }: RolloutTime): LossSpans {
  const from = Math.floor(startedAt / 1000 / bucketSeconds) * bucketSeconds;
  const to = Math.ceil(endedAt / 1000 / bucketSeconds) * bucketSeconds;
  const end = Math.floor((endedAt / 1000 + afterSeconds) / bucketSeconds) * bucketSeconds;
  return {
    before: { from: from - beforeSeconds, to: from },
    during: { from, to },
    after: { from: to, to: end },
  };
}

/** Sums over what observers told. */
export interface LossSums {
  readonly requests: number;
  readonly lost: number;
  /** Slices that an observer told whole, during the rollout. */
  readonly complete: number;
  readonly latency: Readonly<Record<keyof LossSpans, LatencyHistogram>>;
}

export const noLosses: LossSums = {
  requests: 0,
  lost: 0,
  complete: 0,
  latency: { before: createHistogram(), during: createHistogram(), after: createHistogram() },
};

/** Adds one page of one observer's history. Users' requests only: ours are not in it. */
export function addHistory(sums: LossSums, history: TrafficHistory, spans: LossSpans): LossSums {
  const latency = {
    before: [...sums.latency.before],
    during: [...sums.latency.during],
    after: [...sums.latency.after],
  };
  let { requests, lost } = sums;
  for (const bucket of history.buckets) {
    const { good, bad } = countBucket(bucket, Number.POSITIVE_INFINITY);
    const name = spanNames.find((each) => isIn(bucket.at, spans[each]));
    if (name === undefined || good + bad === 0) continue;
    addTo(latency[name], bucket.latency);
    if (name !== 'during') continue;
    requests += good + bad;
    lost += bad;
  }
  const whole = history.coverage.filter(
    ({ at, complete, linesLost }) => complete && linesLost === 0 && isIn(at, spans.during),
  );
  return { requests, lost, complete: sums.complete + whole.length, latency };
}

export function addLosses(a: LossSums, b: LossSums): LossSums {
  const sum = (name: keyof LossSpans) => a.latency[name].map((count, n) => count + (b.latency[name][n] ?? 0));
  return {
    requests: a.requests + b.requests,
    lost: a.lost + b.lost,
    complete: a.complete + b.complete,
    latency: { before: sum('before'), during: sum('during'), after: sum('after') },
  };
}

export interface LossContext {
  time: RolloutTime;
  /** How many gateways there are, with or without an observer that answers. */
  regions: number;
  /** Null when it never ran. */
  prober: ProberState | null;
}

export function toLossReport(sums: LossSums, { time, regions, prober }: LossContext): LossReport {
  const { during } = toLossSpans(time);
  const slices = ((during.to - during.from) / bucketSeconds) * regions;
  const quantile = (part: number) => ({
    before: toMs(toQuantileMs(sums.latency.before, part)),
    during: toMs(toQuantileMs(sums.latency.during, part)),
    after: toMs(toQuantileMs(sums.latency.after, part)),
  });
  const hasRun = prober !== null && prober.sent > 0;
  return {
    requests: sums.requests,
    lost: sums.lost,
    longestGapMs: hasRun && ranAllTheTime(prober, time) ? prober.longestGapMs : null,
    ...(hasRun ? { probes: { sent: prober.sent, failed: prober.failed } } : {}),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    coverage: slices === 0 ? 0 : Math.min(1, sums.complete / slices),
  };
}

function ranAllTheTime({ from, at, away }: ProberState, { startedAt, endedAt }: RolloutTime): boolean {
  return away.times === 0 && from - startedAt <= proberLateMs && endedAt - at <= proberLateMs;
}

function isIn(at: number, { from, to }: LossSpan): boolean {
  return at >= from && at < to;
}

function addTo(sum: LatencyHistogram, counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) sum[index] = (sum[index] ?? 0) + count;
}

/** Finer than a tenth nobody can measure here. */
function toMs(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
