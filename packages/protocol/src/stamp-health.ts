import { z } from 'zod';
import { State } from './words.ts';

/**
 * The stamp health endpoint, `GET|HEAD /healthservice/health/stamp` (health.md 3.3). Answered from memory.
 * The status code is computed from checks of scope `instance` and `stamp` only: 200 may take traffic, 503 must not (also when the
 * report is older than three intervals). Checks of scope `region` and `global` are told in the body and change no code:
 * a shared outage evicts nobody.
 */
export const CheckScope = z.enum(['instance', 'stamp', 'region', 'global']);
export type CheckScope = z.infer<typeof CheckScope>;

export const HealthCheck = z.object({
  component: z.string(),
  status: State,
  durationMs: z.number(),
  /** The same, under the name that the catalog's public API has for it. */
  duration: z.number().optional(),
  scope: CheckScope,
  reason: z.string().optional(),
});
export type HealthCheck = z.infer<typeof HealthCheck>;

export const StampHealth = z.object({
  stamp: z.string(),
  release: z.string(),
  region: z.string(),
  zone: z.string(),
  state: State,
  /** ISO 8601 UTC of the last finished evaluation. */
  lastExecution: z.string(),
  checks: z.array(HealthCheck),
});
export type StampHealth = z.infer<typeof StampHealth>;

export const stampHealthPath = '/healthservice/health/stamp';
export const probeTokenHeader = 'x-alwayson-probe';

/**
 * What a component answers at its own probe path (default `/readyz`): 200 ready, 503 not. The body is optional for
 * foreign programs; the SDK sends it. `dependencies` are what the component itself saw lately of its stores, by use.
 */
export const ComponentReadiness = z.object({
  ready: z.boolean(),
  reason: z.string().optional(),
  dependencies: z
    .array(z.object({ store: z.string(), state: State, reason: z.string().optional() }))
    .default([]),
  /** Answered since its start, probes apart. Who does not tell it is taken for busy, and asked often. */
  requests: z.number().int().min(0).optional(),
});
export type ComponentReadiness = z.infer<typeof ComponentReadiness>;
