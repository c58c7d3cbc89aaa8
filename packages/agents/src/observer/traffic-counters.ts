import { unclaimedFlow } from '@alwayson/engines/haproxy/request-variables.ts';
import type { FlowCounters } from '@alwayson/protocol/observation.ts';
import { TrafficCause } from '@alwayson/protocol/traffic.ts';
import { z } from 'zod';
import { type Outcome, outcomes, type StatusClass, statusClasses, toStatusClass } from './classify-line.ts';
import type { CountedRequest } from './counted-request.ts';
import {
  addLatency,
  createHistogram,
  type LatencyHistogram,
  toQuantileMs,
} from '@alwayson/protocol/latency-histogram.ts';

/** Requests by cause. */
const Causes = z.partialRecord(TrafficCause, z.int());
type Causes = z.infer<typeof Causes>;

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
  flows: z.record(z.string(), Causes),
  series: z.array(Series),
  synthetic: z.int(),
});
export type TrafficTotals = z.infer<typeof TrafficTotals>;

interface Slot extends Record<Outcome, number> {
  index: number;
  latency: LatencyHistogram;
}

export interface TrafficCounters {
  add(request: CountedRequest, nowMs: number): void;
  addSynthetic(): void;
  toFlows(nowMs: number): FlowCounters[];
  readonly totals: TrafficTotals;
}

const slotMs = 10_000;
const slots = 6;
/** Stamps come and go with every release: the longest silent series makes room. Totals of flows are kept apart. */
const seriesMax = 1000;

export function createTrafficCounters(flowNames: readonly string[], totals: TrafficTotals): TrafficCounters {
  const names = [...flowNames, unclaimedFlow];
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
    add({ flow, stamp, cause, outcome, status, totalMs }, nowMs) {
      const causes = (totals.flows[flow] ??= {});
      causes[cause] = (causes[cause] ?? 0) + 1;
      const entry = seriesOf(flow, stamp);
      entry.classes[toStatusClass(status)] += 1;
      if (outcome === 'bad') entry.bad += 1;
      addLatency(entry.latency, totalMs);
      entry.latencySumMs += totalMs;
      entry.lastAtMs = nowMs;
      const slot = slotOf(flow, nowMs);
      slot[outcome] += 1;
      addLatency(slot.latency, totalMs);
    },
    addSynthetic() {
      totals.synthetic += 1;
    },
    toFlows(nowMs) {
      const oldest = Math.floor(nowMs / slotMs) - slots + 1;
      return names.map((flow) => {
        const { good, bad, clientError } = sumOutcomes(totals.flows[flow] ?? {});
        const live = (recent.get(flow) ?? []).filter(({ index }) => index >= oldest);
        return { flow, good, bad, clientErrors: clientError, recent: sumSlots(live) };
      });
    },
    get totals() {
      return { ...totals, series: [...series.values()] };
    },
  };
}

function sumOutcomes(causes: Causes): Record<Outcome, number> {
  const sums = { good: 0, bad: 0, clientError: 0 };
  for (const [cause, count] of Object.entries(causes)) sums[outcomes[cause as TrafficCause]] += count;
  return sums;
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
