import { type TrafficWindow, windowSeconds } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import type { CountedRequest } from './counted-request.ts';
import { toLatencyBucket } from './latency-histogram.ts';

/** One second of one flow at one stamp: good, bad, then the latency buckets. */
const latencyOffset = 2;
const slotLength = latencyOffset + latencyBoundsMs.length + 1;
const slots = Math.max(...windowSeconds);
/** About 2 KiB each. The longest silent one makes room. */
const ringsMax = 1000;

interface Ring {
  flow: string;
  stamp: string;
  /** The second that a slot holds. */
  seconds: Float64Array;
  counts: Int32Array;
  lastSecond: number;
}

export interface WindowCounts {
  add(request: CountedRequest, nowMs: number): void;
  toWindows(nowMs: number): TrafficWindow[];
}

/** Sliding windows in steps of a second. The client's own faults say nothing about a stamp and are left out. */
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
      seconds: new Float64Array(slots),
      counts: new Int32Array(slots * slotLength),
      lastSecond: 0,
    };
    rings.set(key, ring);
    return ring;
  };

  return {
    add(request, nowMs) {
      if (request.outcome === 'clientError') return;
      const ring = ringOf(request);
      const second = Math.floor(nowMs / 1000);
      const slot = second % slots;
      const start = slot * slotLength;
      if (ring.seconds[slot] !== second) {
        ring.seconds[slot] = second;
        ring.counts.fill(0, start, start + slotLength);
      }
      ring.lastSecond = second;
      increase(ring.counts, start + (request.outcome === 'good' ? 0 : 1));
      increase(ring.counts, start + latencyOffset + toLatencyBucket(request.totalMs));
    },
    toWindows(nowMs) {
      const second = Math.floor(nowMs / 1000);
      for (const [key, { lastSecond }] of rings) if (lastSecond <= second - slots) rings.delete(key);
      return [...rings.values()].flatMap((ring) =>
        windowSeconds.map((seconds) => sumWindow(ring, { second, seconds })).filter(isUsed),
      );
    },
  };
}

function sumWindow(
  { flow, stamp, seconds: held, counts }: Ring,
  { second, seconds }: { second: number; seconds: number },
): TrafficWindow {
  const sums = Array.from({ length: slotLength }, () => 0);
  for (const [slot, heldSecond] of held.entries()) {
    if (heldSecond <= second - seconds || heldSecond > second) continue;
    for (let index = 0; index < slotLength; index += 1) {
      sums[index] = (sums[index] ?? 0) + (counts[slot * slotLength + index] ?? 0);
    }
  }
  const [good = 0, bad = 0, ...latency] = sums;
  return { flow, stamp, seconds, good, bad, latency };
}

function isUsed({ good, bad }: TrafficWindow): boolean {
  return good + bad > 0;
}

function increase(counts: Int32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function findSilent(rings: ReadonlyMap<string, Ring>): string {
  let silent = '';
  let since = Number.POSITIVE_INFINITY;
  for (const [key, { lastSecond }] of rings) {
    if (lastSecond >= since) continue;
    silent = key;
    since = lastSecond;
  }
  return silent;
}
