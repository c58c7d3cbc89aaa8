import type { RolloutPlan } from '@alwayson/protocol/releases.ts';
import { sayPart, sayRelease, saySeconds, sayWhat } from './rollout-words.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

/** The exact program that would run, and with `command` how to run it. */
export function renderPlan(plan: RolloutPlan, { paint }: Painter, command: string): string {
  const { planId, refusals } = plan;
  const end =
    refusals.length > 0
      ? ['', paint('red', 'It would be refused:'), ...refusals.map((refusal) => `  - ${refusal}`)]
      : ['', 'To run exactly this:', `  ${command}`];
  return [
    `Plan ${planId}: ${sayWhat(plan, paint('bold', sayRelease(plan)))}`,
    '',
    ...renderSteps(plan),
    '',
    ...renderCapacity(plan),
    ...renderSchema(plan),
    '',
    ...renderTable(
      [
        ['new stamps', sayStamps(plan)],
        ['error budget', plan.budget],
        ['expected', `about ${saySeconds(plan.expectedSeconds)}`],
        ['point of no return', sayPointOfNoReturn(plan)],
      ],
      '',
    ),
    ...end,
  ].join('\n');
}

function renderSteps({ steps }: RolloutPlan): string[] {
  const regions = [...new Set(steps.flatMap(({ parts }) => Object.keys(parts)))];
  const rows = steps.map(({ parts, bakeSeconds }, index) => [
    `${index + 1}`,
    ...regions.map((region) => sayPart(parts[region] ?? 0)),
    saySeconds(bakeSeconds),
  ]);
  return ['Part of the traffic that it gets:', ...renderTable([['step', ...regions, 'bake'], ...rows])];
}

function renderCapacity({ capacity }: RolloutPlan): string[] {
  if (capacity.length === 0) return ['Capacity: nothing was measured and nothing is declared.'];
  const rows = capacity.map(({ step, region, enough, ...sums }) => [
    `${step + 1}`,
    region,
    sayRate(sums.demand),
    sayRate(sums.capacity),
    enough ? 'enough' : 'NOT ENOUGH',
  ]);
  return [
    'Requests/s that its stamps would have to carry, and can:',
    ...renderTable([['step', 'region', 'has to', 'can', ''], ...rows]),
  ];
}

function renderSchema({ schema }: RolloutPlan): string[] {
  const rows = [
    ...schema.expand.map((name) => [name, 'runs before the new stamps start']),
    ...schema.contract.map((name) => [name, 'runs at the end, when nothing needs what it removes']),
    ...schema.waiting.map(({ name, neededBy }) => [name, `waits: ${neededBy} may need what it removes`]),
  ];
  const faults = schema.faults.map((fault) => `  FAULT: ${fault}`);
  if (rows.length === 0 && faults.length === 0) return ['', 'Schema: stays as it is.'];
  return ['', 'Schema:', ...renderTable(rows), ...faults];
}

function sayStamps({ stamps }: RolloutPlan): string {
  if (stamps.length === 0) return 'none, its stamps still stand';
  const byRegion = Map.groupBy(stamps, ({ region }) => region);
  return [...byRegion].map(([region, all]) => `${region} ${all.map(({ id }) => id).join(', ')}`).join('; ');
}

function sayPointOfNoReturn({ pointOfNoReturn, fromVersion }: RolloutPlan): string {
  return pointOfNoReturn === null
    ? `none: ${fromVersion} can come back at any time`
    : `${pointOfNoReturn}: from there ${fromVersion} cannot come back`;
}

function sayRate(requestsPerSecond: number): string {
  return `${Number(requestsPerSecond.toFixed(1))}`;
}
