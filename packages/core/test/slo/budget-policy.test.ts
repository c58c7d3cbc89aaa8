import { expect, test } from 'vitest';
import { type BudgetFacts, decideBudgetPolicy } from '../../src/slo/budget-policy.ts';

const calm: BudgetFacts = {
  budgetRemaining: 0.8,
  burnRate: 0.2,
  largestSpend: 0.05,
  incidentOpen: false,
  deploymentRunning: false,
};

test.each([
  [1, 'normal'],
  [0.5, 'normal'],
  [0.499, 'careful'],
  [0.25, 'careful'],
  [0.249, 'reliability-only'],
  [0.001, 'reliability-only'],
  [0, 'freeze'],
  [-3, 'freeze'],
  [null, 'unknown'],
] as const)('with %s of the budget left the stage is %s', (budgetRemaining, stage) => {
  expect(decideBudgetPolicy({ ...calm, budgetRemaining }).stage).toBe(stage);
});

test('an incident that spent more than a fifth of the budget asks for a review', () => {
  expect(decideBudgetPolicy({ ...calm, largestSpend: 0.2 }).reviewNeeded).toBe(false);
  expect(decideBudgetPolicy({ ...calm, largestSpend: 0.21 }).reviewNeeded).toBe(true);
});

test.each<[string, Partial<BudgetFacts>, boolean]>([
  ['calm', {}, true],
  ['a quarter left', { budgetRemaining: 0.25 }, false],
  ['nothing measured', { budgetRemaining: null }, false],
  ['the last hour spends all it may', { burnRate: 1 }, false],
  ['no requests in the last hour', { burnRate: null }, false],
  ['an incident', { incidentOpen: true }, false],
  ['a deployment', { deploymentRunning: true }, false],
])('chaos: %s', (_, change, allowed) => {
  expect(decideBudgetPolicy({ ...calm, ...change }).chaosAllowed).toBe(allowed);
});
