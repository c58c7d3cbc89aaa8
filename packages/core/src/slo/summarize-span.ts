import { timeSlice } from '@alwayson/protocol/slo.ts';
import { bucketSeconds } from '@alwayson/protocol/traffic.ts';
import { addCounts, noRequests, type RequestCounts } from './count-window.ts';
import type { FlowTraffic, MinuteSummary, RegionSummary, SpanSummary } from './flow-traffic.ts';

export const hourSeconds = 3600;
const noMinutes: MinuteSummary = { up: 0, down: 0, unknown: 0, idle: 0, ratios: 0 };
const noRegion: RegionSummary = {
  requests: 0,
  told: 0,
  complete: 0,
  failed: 0,
  unknown: 0,
  linesLost: 0,
  unanswered: 0,
};

export function emptySummary(regions: number): SpanSummary {
  return {
    counts: noRequests,
    slices: 0,
    regions: Array.from({ length: regions }, () => noRegion),
    minutes: noMinutes,
  };
}

export function addSummaries(a: SpanSummary, b: SpanSummary): SpanSummary {
  return {
    counts: addCounts(a.counts, b.counts),
    slices: a.slices + b.slices,
    regions: a.regions.map((region, index) => addRegions(region, b.regions[index] ?? noRegion)),
    minutes: addMinutes(a.minutes, b.minutes),
  };
}

/** The end of the clock hour that `at` is in. */
export function toHourEnd(at: number): number {
  return at - (at % hourSeconds) + hourSeconds;
}

/**
 * The slices that start in [from, to), both multiples of a slice. An hour whose sum is kept is taken from there.
 */
export function summarizeSpan(traffic: FlowTraffic, from: number, to: number): SpanSummary {
  let summary = emptySummary(traffic.regions.length);
  for (let at = from; at < to; ) {
    const hourEnd = toHourEnd(at);
    const kept = hourEnd <= to ? traffic.hours.get(at) : undefined;
    const end = kept ? hourEnd : Math.min(to, at - (at % timeSlice.seconds) + timeSlice.seconds);
    summary = addSummaries(summary, kept ?? summarizeMinute(traffic, at, end));
    at = end;
  }
  return summary;
}

/** At most one minute, so that its slices can be judged together. */
function summarizeMinute(traffic: FlowTraffic, from: number, to: number): SpanSummary {
  let sum = emptySummary(traffic.regions.length);
  for (let at = from; at < to; at += bucketSeconds) {
    const requests = traffic.regions.map(({ counts }) => counts.get(at) ?? noRequests);
    const silent = requests.every((counts) => totalOf(counts) === 0);
    const probeFailed = traffic.regions.some(({ probes }) => (probes.get(at)?.bad ?? 0) > 0);
    sum = {
      ...sum,
      counts: requests.reduce(addCounts, sum.counts),
      slices: sum.slices + 1,
      regions: traffic.regions.map(({ coverage }, index) => {
        const own = totalOf(requests[index] ?? noRequests);
        const slice = coverage.get(at) ?? { complete: false, linesLost: 0, unanswered: 0 };
        const complete = slice.complete && slice.linesLost === 0;
        // A probe can only count against us: it speaks where no request was told of.
        const failed = probeFailed && own === 0 && (silent || !complete);
        const unknown = !complete && !failed;
        return addRegions(sum.regions[index] ?? noRegion, {
          requests: own,
          told: Number(complete || own > 0),
          complete: Number(complete),
          failed: Number(failed),
          unknown: Number(unknown),
          linesLost: unknown ? slice.linesLost : 0,
          unanswered: slice.unanswered,
        });
      }),
    };
  }
  return { ...sum, minutes: judgeMinute(sum, hasGoodProbe(traffic, from, to)) };
}

function judgeMinute({ counts, slices, regions }: SpanSummary, probed: boolean): MinuteSummary {
  const total = totalOf(counts);
  const ratio = total === 0 ? 1 : counts.good / total;
  if (regions.some(({ failed }) => failed > 0)) return { ...noMinutes, down: 1 };
  if (ratio < timeSlice.target) return { ...noMinutes, down: 1, ratios: ratio };
  if (regions.some(({ complete }) => complete < slices)) return { ...noMinutes, unknown: 1 };
  return total > 0 || probed ? { ...noMinutes, up: 1, ratios: ratio } : { ...noMinutes, idle: 1 };
}

function hasGoodProbe({ regions }: FlowTraffic, from: number, to: number): boolean {
  for (let at = from; at < to; at += bucketSeconds) {
    if (regions.some(({ probes }) => (probes.get(at)?.good ?? 0) > 0)) return true;
  }
  return false;
}

function totalOf({ good, bad }: RequestCounts): number {
  return good + bad;
}

function addRegions(a: RegionSummary, b: RegionSummary): RegionSummary {
  return {
    requests: a.requests + b.requests,
    told: a.told + b.told,
    complete: a.complete + b.complete,
    failed: a.failed + b.failed,
    unknown: a.unknown + b.unknown,
    linesLost: a.linesLost + b.linesLost,
    unanswered: a.unanswered + b.unanswered,
  };
}

function addMinutes(a: MinuteSummary, b: MinuteSummary): MinuteSummary {
  return {
    up: a.up + b.up,
    down: a.down + b.down,
    unknown: a.unknown + b.unknown,
    idle: a.idle + b.idle,
    ratios: a.ratios + b.ratios,
  };
}
