import { z } from 'zod';
import { Criticality, State } from './words.ts';

/**
 * The health of an environment on the wire: `GET /api/health` answers a HealthReport, `GET /api/health/:entity` a
 * HealthExplanation. Fields are added, never removed or renamed.
 */

/**
 * Ids are `<kind>:<name>`; parts follow a slash: `workload:catalog`, `flow:list-items`, `component:api`, `store:queue`,
 * `store:queue/west`, `stamp:west-1-ab12cd`, `stamp:west-1-ab12cd/api`, `region:west`, `zone:west-1`, `host:west-1`, `unit:pg-west-1`.
 */
export const entityKinds = [
  'workload',
  'flow',
  'front-door',
  'component',
  'store',
  'store-region',
  'stamp',
  'stamp-component',
  'region',
  'zone',
  'host',
  'unit',
] as const;
export const EntityKind = z.enum(entityKinds);
export type EntityKind = z.infer<typeof EntityKind>;

/**
 * True beside any state. `off` for traffic are starting, draining, maintenance and aside: such an entity is capacity that is not there.
 * `aside` is a stamp of a release that has no part of the traffic, on which nobody depends. New ones go to the end: memories number them.
 */
export const healthFlags = ['starting', 'draining', 'maintenance', 'flapping', 'gray', 'aside'] as const;
export const HealthFlag = z.enum(healthFlags);
export type HealthFlag = z.infer<typeof HealthFlag>;

/**
 * What a parent feels of a child. `standard`: its state. `limited`: unhealthy as degraded, degraded not at all.
 * `suppressed`: nothing; it is shown.
 */
export const impacts = ['standard', 'limited', 'suppressed'] as const;
export const Impact = z.enum(impacts);
export type Impact = z.infer<typeof Impact>;

export const comparators = ['gte', 'lte', 'gt', 'lt'] as const;
export const Comparator = z.enum(comparators);
export type Comparator = z.infer<typeof Comparator>;

/** A boundary of a measured value: entered when `value <comparator> enter` holds, left when `value <comparator> exit` holds no more. */
export const HealthThreshold = z.object({
  state: z.enum(['degraded', 'unhealthy']),
  comparator: Comparator,
  enter: z.number(),
  exit: z.number(),
});
export type HealthThreshold = z.infer<typeof HealthThreshold>;

export const SignalHealth = z.object({
  name: z.string(),
  /** After debounce, staleness and holding. */
  state: State,
  /** The last known one; null when none is known, or when the signal says a state instead of a number. */
  value: z.number().nullable(),
  unit: z.string().nullable(),
  /** The boundary that was crossed, or the next one; null for a signal that says a state. */
  threshold: HealthThreshold.nullable(),
  reason: z.string().optional(),
  /** ISO 8601 of the last result that told something, and how long ago that was. */
  at: z.string().nullable(),
  ageMs: z.number().nullable(),
});
export type SignalHealth = z.infer<typeof SignalHealth>;

export const EntityHealth = z.object({
  id: z.string(),
  kind: EntityKind,
  name: z.string(),
  state: State,
  reason: z.string().optional(),
  /** ISO 8601 of the last change of state. */
  since: z.string(),
  flags: z.array(HealthFlag),
  /** Healthy as far as is known, shown as `healthy*`: everything it must have is healthy, something else is unknown. */
  partial: z.boolean(),
  criticality: Criticality.optional(),
  /** The deepest entities that are bad by their own signals, worst first; empty when healthy. */
  rootCauses: z.array(z.string()),
  signals: z.array(SignalHealth),
  /** 0-100, for trends only: nothing is decided by it. */
  score: z.number(),
});
export type EntityHealth = z.infer<typeof EntityHealth>;

export const HealthEdge = z.object({ to: z.string(), impact: Impact });
export type HealthEdge = z.infer<typeof HealthEdge>;

export const HealthReport = z.object({
  at: z.string(),
  modelVersion: z.string(),
  /** State of the workload. */
  state: State,
  /** Observers that reach nobody: what they watch is shown as it was last seen. */
  blindObservers: z.array(z.string()),
  /** Parents before children, the workload first. */
  entities: z.array(EntityHealth.extend({ children: z.array(HealthEdge) })),
});
export type HealthReport = z.infer<typeof HealthReport>;

export const HealthTransition = z.object({
  entity: z.string(),
  from: State,
  to: State,
  at: z.string(),
  /** From the entity down to the root cause; of what is over, when the entity became healthy. */
  causePath: z.array(z.string()).min(1),
  /** The signals at the end of the cause path that are bad. */
  signals: z.array(SignalHealth.pick({ name: true, state: true, value: true, unit: true, reason: true })),
  modelVersion: z.string(),
});
export type HealthTransition = z.infer<typeof HealthTransition>;

export const HealthExplanation = z.object({
  at: z.string(),
  modelVersion: z.string(),
  entity: EntityHealth,
  children: z.array(HealthEdge.extend({ state: State, reason: z.string().optional() })),
  /** From the entity down to its worst root cause. */
  causePath: z.array(z.object({ id: z.string(), state: State, reason: z.string().optional() })),
  /** Sentences: why it is in this state. */
  because: z.array(z.string()),
  /** Sentences: what would make it healthy. Empty when it is. */
  clears: z.array(z.string()),
});
export type HealthExplanation = z.infer<typeof HealthExplanation>;
