import { type TrafficWindow, windowSeconds, windowSliceSeconds } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import type { CountedRequest } from './counted-request.ts';
import { toLatencyBucket } from '@alwayson/protocol/latency-histogram.ts';

/** One slice of one flow at one stamp: good, bad, then the latency buckets, and the milliseconds in each of them. */
const latencyOffset = 2;
const sumsOffset = latencyOffset + latencyBoundsMs.length + 1;
const slotLength = sumsOffset + latencyBoundsMs.length + 1;
/** One more than are told: the present one is not over yet. */
const slots = windowSeconds / windowSliceSeconds + 1;
/** About 3 KiB each. The longest silent one makes room. */
const ringsMax = 1000;

interface Ring {
  flow: string;
  stamp: string;
  /** The slice, counted from the epoch, that a slot holds. */
  slices: Float64Array;
  counts: Int32Array;
  lastSlice: number;
}

export interface WindowCounts {
  add(request: CountedRequest, nowMs: number): void;
  toWindows(nowMs: number): TrafficWindow[];
}

/** The last half minute in slices. The client's own faults say nothing about a stamp and are left out. */
export function createWindowCounts(): WindowCounts {
  const rings = new Map<string, Ring>();

  const ringOf = ({ flow, stamp }: CountedRequest): Ring => {
    const key = `${flow} ${stamp}`;
    const known = rings.get(key);
    if (known !== undefined) return known;
    if (rings.size >= ringsMax) rings.delete(findSilent(rings));
    const ring = {
      flow,
      stamp,
      slices: new Float64Array(slots),
      counts: new Int32Array(slots * slotLength),
      lastSlice: 0,
    };
    rings.set(key, ring);
    return ring;
  };

  return {
    add(request, nowMs) {
      if (request.outcome === 'clientError') return;
      const ring = ringOf(request);
      const slice = toSlice(nowMs);
      const slot = slice % slots;
      const start = slot * slotLength;
      if (ring.slices[slot] !== slice) {
        ring.slices[slot] = slice;
        ring.counts.fill(0, start, start + slotLength);
      }
      ring.lastSlice = slice;
      increase(ring.counts, start + (request.outcome === 'good' ? 0 : 1));
      const bucket = start + toLatencyBucket(request.stampMs);
      increase(ring.counts, bucket + latencyOffset);
      increase(ring.counts, bucket + sumsOffset, Math.round(request.stampMs));
    },
    toWindows(nowMs) {
      const present = toSlice(nowMs);
      for (const [key, { lastSlice }] of rings) if (lastSlice <= present - slots) rings.delete(key);
      return [...rings.values()]
        .map((ring) => toWindow(ring, present))
        .filter(({ slices }) => slices.length > 0);
    },
  };
}

function toWindow({ flow, stamp, slices, counts }: Ring, present: number): TrafficWindow {
  const told = Array.from(slices, (slice, slot) => ({ slice, slot }))
    .filter(({ slice }) => slice > present - slots && slice < present)
    .toSorted((a, b) => a.slice - b.slice);
  return {
    flow,
    stamp,
    slices: told.map(({ slice, slot }) => {
      const start = slot * slotLength;
      const [good = 0, bad = 0] = counts.subarray(start);
      const latency = [...counts.subarray(start + latencyOffset, start + sumsOffset)];
      const sumsMs = [...counts.subarray(start + sumsOffset, start + slotLength)];
      return { from: slice * sliceMs, to: (slice + 1) * sliceMs, good, bad, latency, sumsMs };
    }),
  };
}

const sliceMs = windowSliceSeconds * 1000;

function toSlice(ms: number): number {
  return Math.floor(ms / sliceMs);
}

function increase(counts: Int32Array, index: number, by = 1): void {
  counts[index] = (counts[index] ?? 0) + by;
}

function findSilent(rings: ReadonlyMap<string, Ring>): string {
  let silent = '';
  let since = Number.POSITIVE_INFINITY;
  for (const [key, { lastSlice }] of rings) {
    if (lastSlice >= since) continue;
    silent = key;
    since = lastSlice;
  }
  return silent;
}
