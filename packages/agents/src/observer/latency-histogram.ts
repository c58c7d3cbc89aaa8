/** Upper bounds in ms; what is above the last has a bucket of its own. */
export const latencyBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

/** Counts per bucket, not cumulative: integers that can be added up. */
export type LatencyHistogram = number[];

export function createHistogram(): LatencyHistogram {
  return Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
}

export function addLatency(histogram: LatencyHistogram, ms: number): void {
  const bucket = latencyBoundsMs.findIndex((bound) => ms <= bound);
  const index = bucket < 0 ? latencyBoundsMs.length : bucket;
  histogram[index] = (histogram[index] ?? 0) + 1;
}

/** Straight between the bounds of the bucket it falls in; the last bound when it lies above; null without samples. */
export function toQuantileMs(histogram: LatencyHistogram, quantile: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
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
