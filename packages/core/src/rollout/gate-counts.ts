import {
  type Observation,
  type TrafficWindow,
  windowSeconds,
  windowSliceSeconds,
} from '@alwayson/protocol/observation.ts';
import { createHistogram } from '@alwayson/protocol/latency-histogram.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { addToCells, type GateCell, type GateSide } from './gate-cells.ts';

/** What users got since a step began. Plain JSON: a part of the rollout's record. */
export interface GateCounts {
  since: number;
  /** Until then nobody is called slow: connections are opened, caches filled and code compiled for the new part of the traffic. */
  warmUntil: number;
  /** By an observer's region: what ended before `seenTo` is counted, but for `gapMs` that the observer had forgotten. */
  observers: Readonly<Record<string, { seenTo: number; gapMs: number }>>;
  /** The most that is not known of any region. */
  gapMs: number;
  cells: readonly GateCell[];
}

export interface GateStamp {
  id: string;
  region: string;
}

interface Step {
  candidates: readonly GateStamp[];
  live: readonly GateStamp[];
  now: number;
}

const sliceMs = windowSliceSeconds * 1000;

export function firstGateCounts(since: number, warmUpMs = 0): GateCounts {
  return { since, warmUntil: since + warmUpMs, observers: {}, gapMs: 0, cells: [] };
}

/** Counts every slice that began in the step and is over, once: the same observation again changes nothing. */
export function addWindows(counts: GateCounts, observations: readonly Observation[], step: Step): GateCounts {
  const { candidates, live, now } = step;
  const places = new Map([...toPlaces('live', live), ...toPlaces('candidate', candidates)]);
  return observations.reduce((sum, observation) => {
    const end = Math.floor(Math.min(Date.parse(observation.at), now) / sliceMs) * sliceMs;
    const seen = sum.observers[observation.region] ?? { seenTo: toNextSlice(counts.since), gapMs: 0 };
    if (end <= seen.seenTo) return sum;
    const since = observation.windowsSince === undefined ? 0 : Date.parse(observation.windowsSince);
    const oldest = Math.max(end - windowSeconds * 1000, Math.min(toNextSlice(since), end));
    const gapMs = seen.gapMs + Math.max(0, oldest - seen.seenTo);
    const { warmUntil } = sum;
    return {
      since: sum.since,
      warmUntil,
      observers: { ...sum.observers, [observation.region]: { seenTo: end, gapMs } },
      gapMs: Math.max(sum.gapMs, gapMs),
      cells: addSlices(sum.cells, observation.windows ?? [], {
        places,
        from: seen.seenTo,
        to: end,
        warmUntil,
      }),
    };
  }, counts);
}

interface Place {
  side: GateSide;
  region: string;
}

function toPlaces(side: GateSide, stamps: readonly GateStamp[]): [string, Place][] {
  return stamps.map(({ id, region }) => [id, { side, region }]);
}

/** The first slice that lies wholly in the step. */
function toNextSlice(since: number): number {
  return Math.ceil(since / sliceMs) * sliceMs;
}

function addSlices(
  cells: readonly GateCell[],
  windows: readonly TrafficWindow[],
  {
    places,
    from,
    to,
    warmUntil,
  }: { places: ReadonlyMap<string, Place>; from: number; to: number; warmUntil: number },
): readonly GateCell[] {
  let sum = cells;
  for (const { flow, stamp, slices } of windows) {
    const place = places.get(stamp);
    if (place === undefined) continue;
    for (const slice of slices) {
      if (slice.from < from || slice.to > to) continue;
      const { good, bad } = slice;
      const latency = slice.from < warmUntil ? createHistogram() : slice.latency;
      const sumsMs = slice.from < warmUntil ? createHistogram() : (slice.sumsMs ?? toMiddles(latency));
      sum = addToCells(sum, { ...place, flow, good, bad, latency, sumsMs });
    }
  }
  return sum;
}

/** Of an observer that does not tell: as if all lay in the middle of their bucket. */
function toMiddles(latency: readonly number[]): number[] {
  return latency.map((count, bucket) => {
    const low = latencyBoundsMs[bucket - 1] ?? 0;
    return (count * (low + (latencyBoundsMs[bucket] ?? low * 2))) / 2;
  });
}
