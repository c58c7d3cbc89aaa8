import type { BudgetStage } from '@alwayson/protocol/slo.ts';

export interface BudgetFacts {
  /** Null when nothing was measured. */
  budgetRemaining: number | null;
  /** Of the shortest pair's long window; null without requests. */
  burnRate: number | null;
  /** The largest part of the budget that one incident spent. */
  largestSpend: number;
  incidentOpen: boolean;
  deploymentRunning: boolean;
}

export interface BudgetPolicy {
  stage: BudgetStage;
  /** One incident spent more than a fifth of the budget. */
  reviewNeeded: boolean;
  /** More than a quarter is left, the last hour spends less than it may, nothing else is going on. */
  chaosAllowed: boolean;
}

/** A fifth of the budget in one incident is looked into by people. */
const reviewAbove = 0.2;

/**
 * What the budget that is left allows. `careful`: smaller steps and longer bakes. `reliability-only`: that and security. `freeze`:
 * nothing but repair. Not known is no permission.
 */
export function decideBudgetPolicy(facts: BudgetFacts): BudgetPolicy {
  const { budgetRemaining, burnRate, largestSpend, incidentOpen, deploymentRunning } = facts;
  const quiet = !incidentOpen && !deploymentRunning && burnRate !== null && burnRate < 1;
  return {
    stage: toStage(budgetRemaining),
    reviewNeeded: largestSpend > reviewAbove,
    chaosAllowed: quiet && budgetRemaining !== null && budgetRemaining > 0.25,
  };
}

function toStage(budgetRemaining: number | null): BudgetStage {
  if (budgetRemaining === null) return 'unknown';
  if (budgetRemaining <= 0) return 'freeze';
  if (budgetRemaining < 0.25) return 'reliability-only';
  return budgetRemaining < 0.5 ? 'careful' : 'normal';
}
