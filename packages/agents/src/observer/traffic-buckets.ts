import { bucketSeconds, type TrafficBucket } from '@alwayson/protocol/traffic.ts';
import type { CountedRequest } from './counted-request.ts';
import { addLatency, countSamples, createHistogram } from '@alwayson/protocol/latency-histogram.ts';

/** A bucket as it is kept; its release is part of the stamp's name. */
export type KeptBucket = Omit<TrafficBucket, 'release'>;

/** What was counted since the last write to the history. */
export interface TrafficBuckets {
  add(request: CountedRequest): void;
  list(): KeptBucket[];
  /** Requests in them. */
  count(): number;
  clear(): void;
  readonly size: number;
}

export function createTrafficBuckets(): TrafficBuckets {
  const buckets = new Map<string, KeptBucket>();
  return {
    add({ atMs, flow, stamp, cause, totalMs }) {
      const at = toSlice(atMs);
      const key = `${at} ${flow} ${stamp} ${cause}`;
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = { at, flow, stamp, cause, latency: createHistogram() };
        buckets.set(key, bucket);
      }
      addLatency(bucket.latency, totalMs);
    },
    list: () => [...buckets.values()],
    count: () => [...buckets.values()].reduce((sum, { latency }) => sum + countSamples(latency), 0),
    clear: () => buckets.clear(),
    get size() {
      return buckets.size;
    },
  };
}

/** The start of the slice that holds this time, in seconds. */
export function toSlice(atMs: number): number {
  return Math.floor(atMs / 1000 / bucketSeconds) * bucketSeconds;
}
