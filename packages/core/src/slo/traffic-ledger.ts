import { bucketSeconds, type TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { addCounts, countBucket, noRequests, type RequestCounts } from './count-window.ts';
import type { FlowTraffic, ProbeCounts, SliceCoverage, SpanSummary } from './flow-traffic.ts';
import { hourSeconds, summarizeSpan, toHourEnd } from './summarize-span.ts';

export interface WatchedFlow {
  name: string;
  latencyP99Ms: number;
}

/** What observers told, kept small: slices of the recent past, sums of the hours before. */
export interface TrafficLedger {
  /**
   * Replaces what was known of the history's region in its [from, to): to ask again changes nothing. Regions and flows that are not
   * watched are passed over, and so is what came before the slices that are kept.
   */
  add(history: TrafficHistory): void;
  /** Makes the sums that are missing of the hours in [from, to), and forgets what is no longer needed. */
  close(span: ClosedSpan): void;
  /** Undefined: not watched. */
  flow(name: string): FlowTraffic | undefined;
  /** Every watched flow's requests in one sum. */
  readonly workload: FlowTraffic;
}

export interface ClosedSpan {
  /** Start of the window or of the environment; sums of hours before it are forgotten. */
  from: number;
  to: number;
  /** Slices before it are forgotten. Windows of burn rates need theirs: the longest of `toBurnPairs`. */
  slicesFrom: number;
}

interface LedgerRegion {
  counts: Map<number, RequestCounts>;
  coverage: Map<number, SliceCoverage>;
  probes: Map<number, ProbeCounts>;
}

interface LedgerFlow {
  regions: LedgerRegion[];
  hours: Map<number, SpanSummary>;
}

export function createTrafficLedger(
  regions: readonly string[],
  watched: readonly WatchedFlow[],
): TrafficLedger {
  const coverage = regions.map(() => new Map<number, SliceCoverage>());
  const createFlow = (): LedgerFlow => ({
    regions: coverage.map((own) => ({ counts: new Map(), coverage: own, probes: new Map() })),
    hours: new Map(),
  });
  const flows = new Map(watched.map(({ name }) => [name, createFlow()]));
  const latencies = new Map(watched.map(({ name, latencyP99Ms }) => [name, latencyP99Ms]));
  const workload = createFlow();
  const all = [...flows.values(), workload];
  let slicesFrom = Number.NEGATIVE_INFINITY;
  return {
    add(history) {
      const region = regions.indexOf(history.region);
      if (region < 0) return;
      const span = { from: Math.max(history.from, slicesFrom), to: history.to };
      for (const flow of all) {
        clearSlices(flow.regions[region], span);
        clearHours(flow, span);
      }
      for (const bucket of history.buckets) {
        const latencyMs = latencies.get(bucket.flow);
        if (latencyMs === undefined || bucket.at < slicesFrom) continue;
        const counts = countBucket(bucket, latencyMs);
        for (const flow of [flows.get(bucket.flow), workload]) {
          addTo(flow?.regions[region]?.counts, bucket.at, {
            value: counts,
            add: addCounts,
            none: noRequests,
          });
        }
      }
      for (const slice of history.coverage) {
        if (slice.at < slicesFrom) continue;
        const { complete, linesLost, unanswered = 0 } = slice;
        coverage[region]?.set(slice.at, { complete, linesLost, unanswered });
        for (const [name, probes] of Object.entries(slice.probes)) {
          for (const flow of flows.has(name) ? [flows.get(name), workload] : []) {
            addTo(flow?.regions[region]?.probes, slice.at, { value: probes, add: addProbes, none: noProbes });
          }
        }
      }
    },
    close(span) {
      for (const flow of all) closeHours(flow, span);
      slicesFrom = Math.max(slicesFrom, Math.min(floorToHour(span.slicesFrom), floorToHour(span.to)));
      for (const { regions: own } of all) for (const region of own) dropSlices(region, slicesFrom);
    },
    flow: (name) => flows.get(name),
    workload,
  };
}

function floorToHour(at: number): number {
  return Math.floor(at / hourSeconds) * hourSeconds;
}

function closeHours(flow: LedgerFlow, { from, to }: ClosedSpan): void {
  for (let at = Math.ceil(from / bucketSeconds) * bucketSeconds; toHourEnd(at) <= to; at = toHourEnd(at)) {
    if (!flow.hours.has(at)) flow.hours.set(at, summarizeSpan(flow, at, toHourEnd(at)));
  }
  for (const at of flow.hours.keys()) if (at < floorToHour(from)) flow.hours.delete(at);
}

/** Sums of hours that get other slices now. */
function clearHours({ hours }: LedgerFlow, { from, to }: { from: number; to: number }): void {
  for (const at of hours.keys()) if (at < to && toHourEnd(at) > from) hours.delete(at);
}

function dropSlices({ counts, coverage, probes }: LedgerRegion, before: number): void {
  for (const slices of [counts, coverage, probes]) {
    for (const at of slices.keys()) if (at < before) slices.delete(at);
  }
}

function clearSlices(region: LedgerRegion | undefined, { from, to }: { from: number; to: number }): void {
  for (let at = from; at < to; at += bucketSeconds) {
    region?.counts.delete(at);
    region?.coverage.delete(at);
    region?.probes.delete(at);
  }
}

const noProbes: ProbeCounts = { good: 0, bad: 0 };

function addProbes(a: ProbeCounts, b: ProbeCounts): ProbeCounts {
  return { good: a.good + b.good, bad: a.bad + b.bad };
}

function addTo<T>(
  slices: Map<number, T> | undefined,
  at: number,
  { value, add, none }: { value: T; add: (a: T, b: T) => T; none: T },
): void {
  slices?.set(at, add(slices.get(at) ?? none, value));
}
