import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { unclaimedFlow } from '@alwayson/engines/haproxy/request-variables.ts';
import type { FlowCounters } from '@alwayson/protocol/observation.ts';
import { z } from 'zod';
import {
  classifyLine,
  type Outcome,
  type StatusClass,
  statusClasses,
  toStatusClass,
} from './classify-line.ts';
import { addLatency, createHistogram, type LatencyHistogram, toQuantileMs } from './latency-histogram.ts';

const Totals = z.strictObject({ good: z.int(), bad: z.int(), clientError: z.int() });

/** One flow at one stamp. The stamp is empty when none was reached. */
const Series = z.strictObject({
  flow: z.string(),
  stamp: z.string(),
  /** Requests by status class, and those of them that count as bad. */
  classes: z.record(z.enum(statusClasses), z.int()),
  bad: z.int(),
  latency: z.array(z.int()),
  latencySumMs: z.int(),
  lastAtMs: z.int(),
});
export type TrafficSeries = z.infer<typeof Series>;

/** All integers, so that sums over windows are exact and survive a restart. */
export const TrafficTotals = z.strictObject({
  flows: z.record(z.string(), Totals),
  series: z.array(Series),
  synthetic: z.int(),
});
export type TrafficTotals = z.infer<typeof TrafficTotals>;

interface Slot extends Record<Outcome, number> {
  index: number;
  latency: LatencyHistogram;
}

export interface TrafficCounters {
  add(line: GatewayLine, nowMs: number): void;
  toFlows(nowMs: number): FlowCounters[];
  readonly totals: TrafficTotals;
}

export interface CountedFlow {
  name: string;
  latencyObjectiveMs: number;
}

const slotMs = 10_000;
const slots = 6;
/** Stamps come and go with every release: the longest silent series makes room. Totals of flows are kept apart. */
const seriesMax = 1000;
const unclaimedObjectiveMs = 1000;

export function createTrafficCounters(
  flows: readonly CountedFlow[],
  totals: TrafficTotals = { flows: {}, series: [], synthetic: 0 },
): TrafficCounters {
  const objectives = new Map(flows.map(({ name, latencyObjectiveMs }) => [name, latencyObjectiveMs]));
  const names = [...objectives.keys(), unclaimedFlow];
  const series = new Map(totals.series.map((entry) => [toKey(entry), entry]));
  const recent = new Map<string, Slot[]>();

  const seriesOf = (flow: string, stamp: string): TrafficSeries => {
    const key = toKey({ flow, stamp });
    const known = series.get(key);
    if (known !== undefined) return known;
    if (series.size >= seriesMax) series.delete(findOldest(series));
    const entry = {
      flow,
      stamp,
      classes: zeroClasses(),
      bad: 0,
      latency: createHistogram(),
      latencySumMs: 0,
      lastAtMs: 0,
    };
    series.set(key, entry);
    return entry;
  };

  const slotOf = (flow: string, nowMs: number): Slot => {
    const index = Math.floor(nowMs / slotMs);
    const ring = recent.get(flow) ?? [];
    recent.set(flow, ring);
    const last = ring.at(-1);
    if (last !== undefined && last.index >= index) return last;
    const slot = { index, good: 0, bad: 0, clientError: 0, latency: createHistogram() };
    ring.push(slot);
    if (ring.length > slots) ring.shift();
    return slot;
  };

  return {
    add(line, nowMs) {
      if (line.synthetic) {
        totals.synthetic += 1;
        return;
      }
      const flow = objectives.has(line.flow) ? line.flow : unclaimedFlow;
      const outcome = classifyLine(line, objectives.get(flow) ?? unclaimedObjectiveMs);
      const total = (totals.flows[flow] ??= { good: 0, bad: 0, clientError: 0 });
      total[outcome] += 1;
      const entry = seriesOf(flow, line.stamp.startsWith('<') ? '' : line.stamp);
      entry.classes[toStatusClass(line.status)] += 1;
      if (outcome === 'bad') entry.bad += 1;
      addLatency(entry.latency, line.totalMs);
      entry.latencySumMs += line.totalMs;
      entry.lastAtMs = nowMs;
      const slot = slotOf(flow, nowMs);
      slot[outcome] += 1;
      addLatency(slot.latency, line.totalMs);
    },
    toFlows(nowMs) {
      const oldest = Math.floor(nowMs / slotMs) - slots + 1;
      return names.map((flow) => {
        const { good = 0, bad = 0, clientError = 0 } = totals.flows[flow] ?? {};
        const live = (recent.get(flow) ?? []).filter(({ index }) => index >= oldest);
        return { flow, good, bad, clientErrors: clientError, recent: sumSlots(live) };
      });
    },
    get totals() {
      return { ...totals, series: [...series.values()] };
    },
  };
}

function sumSlots(live: readonly Slot[]): FlowCounters['recent'] {
  const latency = createHistogram().map((_, bucket) =>
    live.reduce((sum, slot) => sum + (slot.latency[bucket] ?? 0), 0),
  );
  const good = live.reduce((sum, slot) => sum + slot.good, 0);
  const bad = live.reduce((sum, slot) => sum + slot.bad, 0);
  return { good, bad, p99Ms: toQuantileMs(latency, 0.99) };
}

function toKey({ flow, stamp }: { flow: string; stamp: string }): string {
  return `${flow} ${stamp}`;
}

function zeroClasses(): Record<StatusClass, number> {
  return { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 };
}

function findOldest(series: ReadonlyMap<string, TrafficSeries>): string {
  let oldest = '';
  let oldestAt = Number.POSITIVE_INFINITY;
  for (const [key, { lastAtMs }] of series) {
    if (lastAtMs >= oldestAt) continue;
    oldest = key;
    oldestAt = lastAtMs;
  }
  return oldest;
}
