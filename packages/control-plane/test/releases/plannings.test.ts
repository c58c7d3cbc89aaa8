import type { RolloutPlan } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { createPlannings } from '../../src/releases/plannings.ts';

const plan = { planId: 'plan-1' } as RolloutPlan;

test('a plan that was made is kept for a while, and not more of them than anybody reads', async () => {
  let nowMs = 0;
  const plannings = createPlannings(() => nowMs);
  const make = async () => {
    const { planning } = plannings.begin(() => Promise.resolve(plan));
    await expect.poll(() => plannings.find(planning).plan).toEqual(plan);
    return planning;
  };
  const first = await make();
  nowMs += 14 * 60_000;
  const second = await make();
  expect(plannings.find(first).plan).toEqual(plan);
  nowMs += 2 * 60_000;
  await make();
  expect(() => plannings.find(first)).toThrow(`No plan ${first}`);
  expect(plannings.find(second).plan).toEqual(plan);
  for (let n = 0; n < 40; n++) await make();
  expect(() => plannings.find(second)).toThrow(`No plan ${second}`);
});
