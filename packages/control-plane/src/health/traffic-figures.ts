import { createHistogram, toQuantileMs } from '@alwayson/protocol/latency-histogram.ts';
import type { Observation, TrafficWindow } from '@alwayson/protocol/observation.ts';

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
  const latency = createHistogram();
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
