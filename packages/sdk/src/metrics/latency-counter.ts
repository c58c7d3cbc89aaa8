import { addLatency, createHistogram } from '@alwayson/protocol/latency-histogram.ts';
import { type MetricSample, toLatencySamples } from '@alwayson/protocol/metrics-text.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';

/** How long things took, in the buckets in which observers count too. */
export interface LatencyCounter {
  add(durationMs: number): void;
  samples(labels: Readonly<Record<string, string>>): MetricSample[];
}

export function createLatencyCounter(): LatencyCounter {
  const counts = createHistogram();
  let sumMs = 0;
  return {
    add(durationMs) {
      addLatency(counts, durationMs);
      sumMs += durationMs;
    },
    samples: (labels) => toLatencySamples(labels, { boundsMs: latencyBoundsMs, counts, sumMs }),
  };
}
