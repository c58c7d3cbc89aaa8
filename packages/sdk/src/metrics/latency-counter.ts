import { type MetricSample, toLatencySamples } from '@alwayson/protocol/metrics-text.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';

/** How long things took, in the buckets in which observers count too. */
export interface LatencyCounter {
  add(durationMs: number): void;
  samples(labels: Readonly<Record<string, string>>): MetricSample[];
}

export function createLatencyCounter(): LatencyCounter {
  const counts = Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
  let sumMs = 0;
  return {
    add(durationMs) {
      const bucket = latencyBoundsMs.findIndex((bound) => durationMs <= bound);
      const index = bucket === -1 ? latencyBoundsMs.length : bucket;
      counts[index] = (counts[index] ?? 0) + 1;
      sumMs += durationMs;
    },
    samples: (labels) => toLatencySamples(labels, { boundsMs: latencyBoundsMs, counts, sumMs }),
  };
}
