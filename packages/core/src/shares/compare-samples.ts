import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';

export interface Sample {
  good: number;
  bad: number;
}

/** z of the difference of two proportions, pooled: positive when the first fails more often. */
export function zScore(one: Sample, other: Sample): number {
  const first = one.good + one.bad;
  const second = other.good + other.bad;
  if (first === 0 || second === 0) return 0;
  const pooled = (one.bad + other.bad) / (first + second);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / first + 1 / second));
  return deviation === 0 ? 0 : (one.bad / first - other.bad / second) / deviation;
}

/** Fisher's exact test, one-sided: how likely chance alone gives the first at least its part of all failures. */
export function fisherP(one: Sample, other: Sample): number {
  const first = one.good + one.bad;
  const total = first + other.good + other.bad;
  const failures = one.bad + other.bad;
  const most = Math.min(first, failures);
  const base = logChoose(total, failures);
  let sum = 0;
  for (let bad = one.bad; bad <= most; bad += 1) {
    const term = Math.exp(logChoose(first, bad) + logChoose(total - first, failures - bad) - base);
    sum += term;
    if (term < sum * 1e-9) break;
  }
  return Math.min(1, sum);
}

export function rateOf({ good, bad }: Sample): number {
  return good + bad === 0 ? 0 : bad / (good + bad);
}

export function sizeOf({ good, bad }: Sample): number {
  return good + bad;
}

/** The smallest expected count of the four cells: below 5 the normal approximation is no good. */
export function expectedMin(one: Sample, other: Sample): number {
  const failures = rateOf({ good: one.good + other.good, bad: one.bad + other.bad });
  return Math.min(sizeOf(one), sizeOf(other)) * Math.min(failures, 1 - failures);
}

/** Latency in ms below which `part` (0..1) of the requests were, within their bucket by proportion; null without requests. */
export function quantileMs(latency: readonly number[], part: number): number | null {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let before = 0;
  for (const [index, count] of latency.entries()) {
    if (count > 0 && before + count >= total * part) {
      const low = latencyBoundsMs[index - 1] ?? 0;
      const high = latencyBoundsMs[index] ?? low * 2;
      return low + ((high - low) * (total * part - before)) / count;
    }
    before += count;
  }
  return null;
}

export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)];
  const low = sorted[Math.ceil(middle) - 1];
  return high === undefined || low === undefined ? null : (low + high) / 2;
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? -Infinity : logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series; exact to ten digits from 10 up. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
