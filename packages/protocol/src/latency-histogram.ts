import { latencyBoundsMs } from './traffic.ts';

/** Counts per bucket, not cumulative: integers that can be added up. */
export type LatencyHistogram = number[];

export function createHistogram(): LatencyHistogram {
  return Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
}

export function addLatency(histogram: LatencyHistogram, ms: number): void {
  const bucket = toLatencyBucket(ms);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

export function toLatencyBucket(ms: number): number {
  let bucket = 0;
  for (const bound of latencyBoundsMs) {
    if (ms <= bound) break;
    bucket += 1;
  }
  return bucket;
}

export function countSamples(histogram: readonly number[]): number {
  return histogram.reduce((sum, count) => sum + count, 0);
}

/** Straight between the bounds of the bucket it falls in; the last bound when it lies above; null without samples. */
export function toQuantileMs(histogram: readonly number[], quantile: number): number | null {
  const total = countSamples(histogram);
  if (total === 0) return null;
  let left = quantile * total;
  for (const [index, count] of histogram.entries()) {
    const upper = latencyBoundsMs[index];
    if (upper === undefined) break;
    if (left <= count && count > 0) {
      const lower = latencyBoundsMs[index - 1] ?? 0;
      return lower + ((upper - lower) * left) / count;
    }
    left -= count;
  }
  return latencyBoundsMs.at(-1) ?? null;
}
