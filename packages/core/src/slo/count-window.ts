import { latencyBoundsMs, type TrafficBucket, type TrafficCause } from '@alwayson/protocol/traffic.ts';

/** Integer sums over some buckets of one flow. Adding them in any order gives the same. */
export interface RequestCounts {
  readonly good: number;
  readonly bad: number;
  /** The client's own fault, or its own choice to leave early. */
  readonly notCounted: number;
  /** Of the good ones. */
  readonly slow: number;
  /** The bad ones by cause. */
  readonly causes: Readonly<Partial<Record<TrafficCause, number>>>;
}

export const noRequests: RequestCounts = { good: 0, bad: 0, notCounted: 0, slow: 0, causes: {} };

export function addCounts(a: RequestCounts, b: RequestCounts): RequestCounts {
  if (a === noRequests) return b;
  if (b === noRequests) return a;
  const causes: Partial<Record<TrafficCause, number>> = { ...a.causes };
  for (const [cause, count] of Object.entries(b.causes) as [TrafficCause, number][]) {
    causes[cause] = (causes[cause] ?? 0) + count;
  }
  return {
    good: a.good + b.good,
    bad: a.bad + b.bad,
    notCounted: a.notCounted + b.notCounted,
    slow: a.slow + b.slow,
    causes,
  };
}

/**
 * The requests of one bucket. A good one is slow when it may have taken longer than the objective: a latency bucket that straddles
 * the objective counts as slow in full, so that the latency figure errs against us.
 */
export function countBucket({ cause, latency }: TrafficBucket, latencyObjectiveMs: number): RequestCounts {
  const requests = latency.reduce((sum, count) => sum + count, 0);
  switch (cause) {
    case 'ok': {
      const fast = latency.reduce(
        (sum, count, index) =>
          (latencyBoundsMs[index] ?? Number.POSITIVE_INFINITY) <= latencyObjectiveMs ? sum + count : sum,
        0,
      );
      return { ...noRequests, good: requests, slow: requests - fast };
    }
    case 'client-fault':
    case 'client-gone':
      return { ...noRequests, notCounted: requests };
    case 'abandoned':
    case 'upstream-error':
    case 'connect-failed':
    case 'timeout':
    case 'no-stamp':
    case 'shed':
    case 'truncated':
    case 'gateway-error':
      return { ...noRequests, bad: requests, causes: { [cause]: requests } };
  }
}
