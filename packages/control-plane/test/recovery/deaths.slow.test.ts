import { afterAll, beforeAll, test } from 'vitest';
import { type Death, endInStep, stepsLeft } from './end-in-step.ts';
import { RecoveryRig } from './recovery-rig.ts';

/** In every step, before and after it acted. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(6);
});

afterAll(() => rig.destroy());

const deaths = stepsLeft.flatMap((left) =>
  (['before', 'after'] as const).map((when): Death => ({ left, when })),
);

test.each(deaths)('the control plane ends in the step $left.step, $when it acted', (death) =>
  endInStep(rig, death),
);
