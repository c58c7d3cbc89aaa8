import { z } from 'zod';
import { latencyBoundsMs } from './traffic.ts';

/**
 * What an observer answers at `GET /observation` (bearer `tokens.agents`). Counters are totals since the start of
 * `countersSince`; rates are for the reader to take. Bad: 5xx, timeout, no stamp, truncated (health.md section 4).
 */
export const FlowCounters = z.object({
  flow: z.string(),
  good: z.int(),
  bad: z.int(),
  clientErrors: z.int(),
  /** Of the last 60 s. */
  recent: z.object({ good: z.int(), bad: z.int(), p99Ms: z.number().nullable() }),
});
export type FlowCounters = z.infer<typeof FlowCounters>;

export const ProbeResult = z.object({
  flow: z.string(),
  at: z.string(),
  ok: z.boolean(),
  status: z.int().nullable(),
  durationMs: z.number(),
  reason: z.string().optional(),
  /** Consecutive results of the same kind, this one included. */
  streak: z.int(),
});
export type ProbeResult = z.infer<typeof ProbeResult>;

/** The last probe of one flow at one stamp, through the gateway of the observer's region. */
export const StampProbeResult = ProbeResult.extend({ stamp: z.string() });
export type StampProbeResult = z.infer<typeof StampProbeResult>;

/** Seconds of one slice of `TrafficWindow`, and how far back they go. */
export const windowSliceSeconds = 1;
export const windowSeconds = 30;

/** What users got of one flow from one stamp lately, by the time at which it ended. */
export const TrafficWindow = z.object({
  flow: z.string(),
  /** Empty when no stamp was reached. */
  stamp: z.string(),
  /** Of whole multiples of `windowSliceSeconds`, oldest first; those in which nothing ended are left out. */
  slices: z.array(
    z.object({
      /** Milliseconds since the epoch. */
      from: z.int(),
      to: z.int(),
      good: z.int(),
      bad: z.int(),
      /** Of good and bad ones, by latency bucket (`latencyBoundsMs` and one above); without what they waited at another stamp first. */
      latency: z.array(z.int()).length(latencyBoundsMs.length + 1),
      /** Of the same requests, their milliseconds summed up by bucket: buckets are wide, this tells where in them they lie. */
      sumsMs: z
        .array(z.int())
        .length(latencyBoundsMs.length + 1)
        .optional(),
    }),
  ),
});
export type TrafficWindow = z.infer<typeof TrafficWindow>;

export const Observation = z.object({
  region: z.string(),
  at: z.string(),
  countersSince: z.string(),
  flows: z.array(FlowCounters),
  /** Reads through the front door, as users do. */
  probes: z.array(ProbeResult),
  /** Writes through the front door, of flows that have one. */
  writeProbes: z.array(ProbeResult).optional(),
  /** Reads of high-criticality user flows at every stamp. */
  stampProbes: z.array(StampProbeResult).optional(),
  /** One entry for each flow and stamp of which something ended in the last `windowSeconds`. */
  windows: z.array(TrafficWindow).optional(),
  /** Windows are in the observer's memory: what ended before this is not in them. */
  windowsSince: z.iso.datetime().optional(),
  /** Gateway log lines that never arrived, found by sequence number. */
  linesLost: z.int(),
});
export type Observation = z.infer<typeof Observation>;

/** How often observers probe, per flow, and per flow and stamp. What failed is asked again after `retryMs`. */
export const probeEveryMs = { flow: 10_000, stamp: 15_000, write: 60_000, retry: 2000 } as const;

export const observationPath = '/observation';

/**
 * Headers of the observer's probes, all of which also carry the probe token: the gateway then counts them as synthetic, and no
 * rate limit applies. `stampProbeHeader` names the one stamp that is to serve the request: 503 when it cannot.
 * A write probe comes with an API key, a fresh `Idempotency-Key` and `testDataHeader: true`: the workload keeps what it
 * creates out of what users see, and removes it soon.
 */
export const stampProbeHeader = 'x-alwayson-stamp';
export const testDataHeader = 'x-test-data';
