import type { BudgetStage, SloReport } from '@alwayson/protocol/slo.ts';

const order: readonly BudgetStage[] = ['freeze', 'reliability-only', 'careful', 'normal', 'unknown'];

/** The stage of the flow that has the least left; what was not measured yet asks for nothing. */
export function toTightestBudget(report: SloReport | null): BudgetStage {
  const stages = (report?.flows ?? []).map(({ budget }) => budget.stage);
  return order.find((stage) => stages.includes(stage)) ?? 'unknown';
}
