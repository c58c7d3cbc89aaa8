import { z } from 'zod';
import { BudgetingMethod, Criticality } from './words.ts';

/**
 * `GET /api/slo` and `alwayson slo --json`. Every share is a ratio of 0..1, objectives too (0.9995); windows are shorthands (`28d`,
 * `1h`, `5m`); times are ISO 8601. What nothing is known of is null, never 1.
 */
const Ratio = z.number().min(0).max(1);
const Count = z.int().nonnegative();

/** By these, a minute counts as up or down in time slices. */
export const timeSlice = { seconds: 60, target: 0.95 } as const;

/**
 * `burning`: an alert of a burn rate fires. `exhausted`: no budget is left (it may burn too). `no-traffic`: it is watched, and
 * nobody asked. `no-telemetry`: nobody tells how it is.
 */
export const sloStates = ['ok', 'burning', 'exhausted', 'no-traffic', 'no-telemetry'] as const;
export const SloState = z.enum(sloStates);
export type SloState = z.infer<typeof SloState>;

export const BurnRate = z.object({
  long: z.string(),
  short: z.string(),
  /** Budgets per window that the long window's errors would spend; 1 spends exactly all. Null without requests. */
  rate: z.number().nullable(),
  shortRate: z.number().nullable(),
  threshold: z.number(),
  action: z.enum(['page', 'ticket']),
  /** Both rates are above the threshold, and there is traffic enough to say so. */
  firing: z.boolean(),
  /** Both rates are above the threshold, but on too few requests. */
  held: z.boolean(),
});
export type BurnRate = z.infer<typeof BurnRate>;

/** What is normal, or not, with the budget that is left (health.md section 4). `unknown`: nothing was measured. */
export const budgetStages = ['normal', 'careful', 'reliability-only', 'freeze', 'unknown'] as const;
export const BudgetStage = z.enum(budgetStages);
export type BudgetStage = z.infer<typeof BudgetStage>;

export const MinuteCounts = z.object({ up: Count, down: Count, unknown: Count, idle: Count });

export const SloFigures = z.object({
  name: z.string(),
  objective: Ratio,
  window: z.string(),
  /** What of the window the figures are of: it began later when the environment is younger. */
  from: z.string(),
  to: z.string(),
  method: BudgetingMethod,
  state: SloState,
  /** A sentence. */
  reason: z.string(),
  /** Good of all that is known. */
  measured: Ratio.nullable(),
  /** Part of the time, over all gateways, whose telemetry is complete. */
  coverage: Ratio,
  /** Every slice that is not known counts as bad, with the requests that it would have had. */
  lowerBound: Ratio.nullable(),
  /** Where the true value is with 95 % confidence, by the number of requests (Wilson). */
  interval: z.tuple([Ratio, Ratio]),
  /** Good requests in a row, none bad, that would prove the objective with 95 % confidence. */
  requestsToProve: Count,
  /** Part of the whole window's budget, below 0 when overspent. */
  budgetRemaining: z.number().nullable(),
  /** At the rate of the shortest pair's long window; null when nothing is being spent. */
  exhaustedInSeconds: z.number().nonnegative().nullable(),
  budget: z.object({ stage: BudgetStage, reviewNeeded: z.boolean(), chaosAllowed: z.boolean() }),
  /** The clock hour that cost most. */
  worstHour: z.object({ at: z.string(), bad: Count, budgetSpent: z.number() }).nullable(),
  burnRates: z.array(BurnRate),
  /** Pairs that even a total outage could not reach with this objective. */
  unreachable: z.array(z.object({ long: z.string(), threshold: z.number(), highestRate: z.number() })),
  /** For flows with too few requests for the pairs: a count over the longest window. */
  trickle: z.object({
    window: z.string(),
    bad: Count,
    total: Count,
    rate: z.number().nullable(),
    threshold: z.number(),
    firing: z.boolean(),
  }),
  good: Count,
  bad: Count,
  total: Count,
  /** Bad ones by cause. */
  causes: z.record(z.string(), Count),
  /** Of good requests; a latency bucket that straddles the objective counts as slow. `objectiveMs` null: each flow's own. */
  latency: z.object({
    objectiveMs: z.int().nullable(),
    objective: Ratio,
    measured: Ratio.nullable(),
    fast: Count,
    slow: Count,
  }),
  /** Client faults and clients that left early. */
  notCounted: Count,
  /** Of `bad`: nobody logged them; probes from outside failed in that time. */
  badByProbes: Count,
  /** Requests that the lower bound assumes in the slices that are not known. */
  unknown: Count,
  /** Requests that gateways dropped without answer or log line, of whichever flow: bad in the lower bound of each. */
  unanswered: Count,
  minutes: MinuteCounts,
  minutesDown: Count,
  telemetry: z.object({
    /** Null: never. */
    lastAt: z.string().nullable(),
    silentSeconds: z.number().nonnegative(),
    alarmAfterSeconds: z.number(),
    alarm: z.boolean(),
  }),
  /** Without the announced maintenance: beside the raw figures, never instead of them. Null when there was none. */
  withoutMaintenance: z
    .object({ measured: Ratio.nullable(), good: Count, bad: Count, total: Count, excludedSeconds: Count })
    .nullable(),
  /** What the manifest's arithmetic gives, with its `assumptions`. */
  composite: Ratio,
  /** The composite reaches the objective. */
  attainable: z.boolean(),
});
export type SloFigures = z.infer<typeof SloFigures>;

export const CompositeFactor = z.object({ name: z.string(), availability: Ratio, explanation: z.string() });
export type CompositeFactor = z.infer<typeof CompositeFactor>;

export const FlowSlo = SloFigures.extend({
  kind: z.enum(['user', 'system']),
  criticality: Criticality,
  compositeFactors: z.array(CompositeFactor),
  /** What was left out of the composite, and why. */
  compositeOmitted: z.array(z.string()),
});
export type FlowSlo = z.infer<typeof FlowSlo>;

/** All flows' requests in one sum. Its state and composite are the worst of the user flows of high criticality. */
export const WorkloadSlo = SloFigures.extend({ worstFlow: z.string().nullable() });
export type WorkloadSlo = z.infer<typeof WorkloadSlo>;

/** A rule of the assessment that the figures break. */
export const SloFinding = z.object({ rule: z.string(), flow: z.string(), message: z.string() });
export type SloFinding = z.infer<typeof SloFinding>;

export const SloReport = z.object({
  at: z.string(),
  owner: z.string(),
  workload: WorkloadSlo,
  flows: z.array(FlowSlo),
  findings: z.array(SloFinding),
});
export type SloReport = z.infer<typeof SloReport>;
