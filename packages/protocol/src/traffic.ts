import { z } from 'zod';

/**
 * What became of a client's request (health.md section 4). Counted after retries: what the client saw.
 * `ok`: answered below 400. `client-fault`: 4xx by the client's own fault. `client-gone`: it left before it had waited longer than
 * the latency objective. `abandoned`: it left after that. `upstream-error`: a stamp answered 5xx. `connect-failed`, `timeout`: a
 * stamp could not be reached, or did not answer in time. `no-stamp`: nobody was there to ask. `shed`: refused because we are overloaded.
 * `truncated`: the answer broke off. `gateway-error`: the gateway's own failure.
 */
export const trafficCauses = [
  'ok',
  'client-fault',
  'client-gone',
  'abandoned',
  'upstream-error',
  'connect-failed',
  'timeout',
  'no-stamp',
  'shed',
  'truncated',
  'gateway-error',
] as const;
export const TrafficCause = z.enum(trafficCauses);
export type TrafficCause = z.infer<typeof TrafficCause>;

/** Upper bounds of the latency buckets in ms; what is above the last has a bucket of its own. */
export const latencyBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

/** Seconds that a bucket covers. */
export const bucketSeconds = 10;
/** Buckets older than `fineDays` are summed up: they then cover this long, and start at a multiple of it. */
export const coarseBucketSeconds = 300;
export const fineDays = 3;

/**
 * Integer counts of one flow, stamp, release and cause in ten seconds, or in five minutes once they are old: sums over windows are
 * exact. A request counts where it arrived, and is known when it ends: a bucket may still grow for as long as a request may take.
 */
export const TrafficBucket = z.strictObject({
  /** Start, in seconds since the epoch, a multiple of `bucketSeconds`. */
  at: z.int(),
  flow: z.string(),
  /** Empty when no stamp was reached. */
  stamp: z.string(),
  /** The last part of the stamp's id: the first characters of its release. */
  release: z.string(),
  cause: TrafficCause,
  /** Counts by latency bucket (`latencyBoundsMs` and one above); their sum is the number of requests. */
  latency: z.array(z.int().nonnegative()).length(latencyBoundsMs.length + 1),
});
export type TrafficBucket = z.infer<typeof TrafficBucket>;

/**
 * What is known of ten seconds at one gateway. Traffic is told whole only when the observer listened all the time, no line of
 * the gateway's log was lost and the gateway was seen alive; a slice that is not there at all was not observed.
 */
export const CoverageSlice = z.strictObject({
  at: z.int(),
  region: z.string(),
  complete: z.boolean(),
  linesLost: z.int().nonnegative(),
  /** Requests of users that the log told of. */
  requests: z.int().nonnegative(),
  /** Requests that the gateway dropped without a line: nobody knows of which flow. Absent: 0. */
  unanswered: z.int().nonnegative().optional(),
  /** Probes of the front door from outside, by flow. */
  probes: z.record(z.string(), z.strictObject({ good: z.int(), bad: z.int() })),
});
export type CoverageSlice = z.infer<typeof CoverageSlice>;

/**
 * `GET /history?from=SECONDS&to=SECONDS` of an observer (bearer `tokens.agents`): what starts in [from, to), as of the last write
 * (each 10 s). The answer is bounded to a day and to some thousand buckets: its `to` is where it ends; ask again from there.
 */
export const TrafficHistory = z.object({
  region: z.string(),
  from: z.int(),
  to: z.int(),
  buckets: z.array(TrafficBucket),
  coverage: z.array(CoverageSlice),
});
export type TrafficHistory = z.infer<typeof TrafficHistory>;

export const historyPath = '/history';
