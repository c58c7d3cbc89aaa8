import { z } from 'zod';

/** The vocabulary of the product, as closed sets. See "Words" in ARCHITECTURE.md. */

/** `unknown` is not ordered between the others: it is the absence of evidence. */
export const states = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export const State = z.enum(states);
export type State = z.infer<typeof State>;

export const unitKinds = [
  'gateway',
  'gateway-agent',
  'observer',
  'postgres',
  'pgbouncer',
  'redis-queue',
  'redis-cache',
  'stamp-agent',
  'component',
  'control-plane',
] as const;
export const UnitKind = z.enum(unitKinds);
export type UnitKind = z.infer<typeof UnitKind>;

export const environmentTypes = ['production', 'sandbox'] as const;
export const EnvironmentType = z.enum(environmentTypes);
export type EnvironmentType = z.infer<typeof EnvironmentType>;

/**
 * How many copies hold a write before it is answered.
 * `fast`: one copy, about 1 s may be lost with its machine. `durable`: one copy, synced before the answer.
 * `replicated`: two copies in two zones before the answer.
 */
export const durabilities = ['fast', 'durable', 'replicated'] as const;
export const Durability = z.enum(durabilities);
export type Durability = z.infer<typeof Durability>;

export const criticalities = ['high', 'medium', 'low'] as const;
export const Criticality = z.enum(criticalities);
export type Criticality = z.infer<typeof Criticality>;

export const personRoles = [
  'head-of-operations',
  'platform',
  'continuity',
  'communication',
  'sponsor',
  'workload',
  'business',
] as const;
export const PersonRole = z.enum(personRoles);
export type PersonRole = z.infer<typeof PersonRole>;

/**
 * What an objective counts (as OpenSLO): good requests of all; good minutes of all; the mean over minutes of the good part.
 */
export const budgetingMethods = ['occurrences', 'timeslices', 'ratio-timeslices'] as const;
export const BudgetingMethod = z.enum(budgetingMethods);
export type BudgetingMethod = z.infer<typeof BudgetingMethod>;

/** What happens to a release that arrives while another is on its way. */
export const arrivalPolicies = ['queue', 'supersede', 'refuse'] as const;
export const ArrivalPolicy = z.enum(arrivalPolicies);
export type ArrivalPolicy = z.infer<typeof ArrivalPolicy>;

/** Names that users choose: they become parts of unit ids, file names and HAProxy identifiers. */
export const Name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
    'a name of 2-32 small letters, digits and dashes, starting with a letter',
  );
