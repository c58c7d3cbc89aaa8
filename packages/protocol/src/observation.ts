import { z } from 'zod';

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

export const Observation = z.object({
  region: z.string(),
  at: z.string(),
  countersSince: z.string(),
  flows: z.array(FlowCounters),
  probes: z.array(ProbeResult),
  /** Gateway log lines that never arrived, found by sequence number. */
  linesLost: z.int(),
});
export type Observation = z.infer<typeof Observation>;

export const observationPath = '/observation';
