import { expect, test } from 'vitest';
import { renderPlan } from '../../src/output/render-plan.ts';
import { createPlan } from '../support/sample-rollout.ts';

const plain = { paint: (_format: unknown, text: string) => text, sign: () => '?' };
const command = './alwayson deploy /shop --plan-id plan-0f3e';

test('a plan that would run ends with the command that runs it', () => {
  expect(renderPlan(createPlan(), plain, command)).toBe(
    `
Plan plan-0f3e: bring in 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0

Part of the traffic that it gets:
  step  west   east   bake
  1     5 %    5 %    30 s
  2     25 %   25 %   30 s
  3     100 %  100 %  30 s

Requests/s that its stamps would have to carry, and can:
  step  region  has to  can
  1     west    12.5    400  enough
  1     east    8       200  enough

Schema:
  004_stock.sql  runs before the new stamps start

new stamps          west west-1-3fa2b1, west-2-3fa2b1; east east-1-3fa2b1
error budget        normal
expected            about 4 min
point of no return  none: 1.3.0 can come back at any time

To run exactly this:
  ./alwayson deploy /shop --plan-id plan-0f3e`.slice(1),
  );
});

test('a plan with refusals names all of them, and no command', () => {
  const plan = createPlan({
    kind: 'rollback',
    version: '1.2.0',
    stamps: [],
    steps: createPlan().steps.slice(2),
    capacity: [{ step: 0, region: 'west', capacity: 100, demand: 120, enough: false }],
    pointOfNoReturn: 'contract',
    budget: 'freeze',
    schema: {
      expand: [],
      contract: ['005_contract_note.sql'],
      waiting: [{ name: '006_contract_sku.sql', neededBy: '1.3.0' }],
      faults: ['004_drop.sql removes the column items.note'],
    },
    refusals: ['west cannot carry step 1: 100 of 120 requests/s', 'the error budget is spent'],
  });
  expect(renderPlan(plan, plain, command)).toBe(
    `
Plan plan-0f3e: bring back 1.2.0 (3fa2b1c9d0e1) in place of 1.3.0

Part of the traffic that it gets:
  step  west   east   bake
  1     100 %  100 %  30 s

Requests/s that its stamps would have to carry, and can:
  step  region  has to  can
  1     west    120     100  NOT ENOUGH

Schema:
  005_contract_note.sql  runs at the end, when nothing needs what it removes
  006_contract_sku.sql   waits: 1.3.0 may need what it removes
  FAULT: 004_drop.sql removes the column items.note

new stamps          none, its stamps still stand
error budget        freeze
expected            about 4 min
point of no return  contract: from there 1.3.0 cannot come back

It would be refused:
  - west cannot carry step 1: 100 of 120 requests/s
  - the error budget is spent`.slice(1),
  );
});
