import type { Observation, TrafficWindow } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';

export interface TrafficFigures {
  good: number;
  bad: number;
  p99Ms: number | null;
}

/** What users got in all windows together that are asked for. */
export function sumWindows(
  observations: readonly Observation[],
  isAsked: (window: TrafficWindow) => boolean,
): TrafficFigures {
  const latency = Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
  let good = 0;
  let bad = 0;
  for (const window of observations.flatMap(({ windows = [] }) => windows)) {
    if (!isAsked(window)) continue;
    for (const slice of window.slices) {
      good += slice.good;
      bad += slice.bad;
      slice.latency.forEach((count, bucket) => {
        latency[bucket] = (latency[bucket] ?? 0) + count;
      });
    }
  }
  return { good, bad, p99Ms: toQuantileMs(latency, 0.99) };
}

/** Straight between the bounds of the bucket it falls in; the last bound when it lies above; null without any. */
function toQuantileMs(latency: readonly number[], quantile: number): number | null {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = quantile * total;
  for (const [bucket, upper] of latencyBoundsMs.entries()) {
    const count = latency[bucket] ?? 0;
    const lower = latencyBoundsMs[bucket - 1] ?? 0;
    if (count > 0 && left <= count) return lower + ((upper - lower) * left) / count;
    left -= count;
  }
  return latencyBoundsMs.at(-1) ?? null;
}
