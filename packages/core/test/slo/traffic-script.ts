import {
  bucketSeconds,
  type CoverageSlice,
  latencyBoundsMs,
  type TrafficBucket,
  type TrafficCause,
  type TrafficHistory,
} from '@alwayson/protocol/traffic.ts';
import type { FlowTraffic } from '../../src/slo/flow-traffic.ts';
import type { SloMoment } from '../../src/slo/measure-slo.ts';
import { createTrafficLedger } from '../../src/slo/traffic-ledger.ts';

/** What happens in one slice at one gateway. Not complete unless said; `undefined` in a script: the observer was dead. */
export interface ScriptSlice {
  counts?: Partial<Record<TrafficCause, number>>;
  incomplete?: boolean;
  linesLost?: number;
  unanswered?: number;
  probes?: { good: number; bad: number };
}

/** By region, its slices from `start` on. */
export type Script = Record<string, readonly (ScriptSlice | undefined)[]>;

/** A whole hour: 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600;
export const flow = { name: 'buy', latencyP99Ms: 300 };

export function createBucket(
  at: number,
  cause: TrafficCause,
  { requests, latencyIndex = 5 }: { requests: number; latencyIndex?: number },
): TrafficBucket {
  const latency = Array.from({ length: latencyBoundsMs.length + 1 }, (_, index) =>
    index === latencyIndex ? requests : 0,
  );
  return { at, flow: flow.name, stamp: 'west-1-aaaaaa', release: 'aaaaaa', cause, latency };
}

export function toHistories(regions: Record<string, readonly (ScriptSlice | undefined)[]>): TrafficHistory[] {
  return Object.entries(regions).map(([region, slices]) => ({
    region,
    from: start,
    to: start + slices.length * bucketSeconds,
    buckets: slices.flatMap((slice, index) =>
      Object.entries(slice?.counts ?? {}).map(([cause, requests]) =>
        createBucket(start + index * bucketSeconds, cause as TrafficCause, { requests }),
      ),
    ),
    coverage: slices.flatMap((slice, index) => (slice ? [toCoverage(region, index, slice)] : [])),
  }));
}

function toCoverage(region: string, index: number, slice: ScriptSlice): CoverageSlice {
  return {
    at: start + index * bucketSeconds,
    region,
    complete: slice.incomplete !== true,
    linesLost: slice.linesLost ?? 0,
    ...(slice.unanswered === undefined ? {} : { unanswered: slice.unanswered }),
    requests: Object.values(slice.counts ?? {}).reduce((sum, count) => sum + count, 0),
    probes: slice.probes ? { [flow.name]: slice.probes } : {},
  };
}

export function toTraffic(script: Script): FlowTraffic {
  const ledger = createTrafficLedger(Object.keys(script), [flow]);
  for (const history of toHistories(script)) ledger.add(history);
  const traffic = ledger.flow(flow.name);
  if (traffic === undefined) throw new Error('The flow is watched.');
  return traffic;
}

export function repeat<T>(count: number, slice: T): T[] {
  return Array.from({ length: count }, () => slice);
}

/** Just after `slices` slices were told of. */
export function momentAfter(slices: number, change: Partial<SloMoment> = {}): SloMoment {
  return {
    now: start + (slices + 1) * bucketSeconds,
    since: start,
    maintenance: [],
    incidentOpen: false,
    deploymentRunning: false,
    ...change,
  };
}
