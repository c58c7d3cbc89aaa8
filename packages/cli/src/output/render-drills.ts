import type { DrillReport, DrillSchedule } from '@alwayson/protocol/drills.ts';
import { sayLocalTime } from './say-local-time.ts';
import { sayMs } from './say-ms.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const sayTime = (ms: number | null | undefined) => (ms == null ? 'not known' : sayMs(ms));

/** What one drill showed. */
export function renderDrill(drill: DrillReport, { paint }: Painter): string {
  const { mode, state, recovery, load, phases, reason } = drill;
  const head =
    state === 'passed' ? paint('green', `Passed (${mode}).`) : paint('red', `Failed (${mode}): ${reason}`);
  const rows = [
    ['recovery time (RTO)', sayTime(recovery?.rtoMs)],
    ['data lost (RPO)', sayTime(recovery?.rpoMs)],
    ...(load === null
      ? []
      : [
          ['longest time without a write', sayTime(load.longestWriteGapMs)],
          ['requests failed', `${load.failedRequests} of ${load.requests}`],
          ['acknowledged writes lost', `${load.lost} of ${load.acknowledged}`],
          ...(mode === 'restore' ? [['writes undone, as ordered', String(load.undone)]] : []),
        ]),
  ];
  const steps = (recovery?.phases ?? []).map(({ name, ms }) => [name, sayMs(ms)]);
  return [
    head,
    ...renderTable(rows),
    ...(steps.length === 0 ? [] : ['', 'Steps of the operation:', ...renderTable(steps)]),
    '',
    'The drill itself:',
    ...renderTable(phases.map(({ name, ms }) => [name, sayMs(ms)])),
  ].join('\n');
}

/** One line a drill. */
export function renderDrills(drills: readonly DrillReport[]): string {
  if (drills.length === 0) return 'There was no drill yet. ./alwayson drill planned is a good first one.';
  const rows = drills.map(({ endedAt, mode, state, recovery, load, owner, reason }) => [
    sayLocalTime(endedAt),
    mode,
    state,
    `RTO ${sayTime(recovery?.rtoMs)}`,
    load === null ? '' : `${load.failedRequests} of ${load.requests} requests failed`,
    load === null ? '' : `${load.lost} of ${load.acknowledged} writes lost`,
    `for ${owner}`,
    reason?.split('\n')[0] ?? '',
  ]);
  return renderTable(rows).join('\n');
}

export function renderDrillSchedules(schedules: readonly DrillSchedule[]): string {
  if (schedules.length === 0)
    return "No drill begins by itself. ./alwayson drill restore --schedule '0 3 * * 0' is a good first one.";
  const rows = schedules.map(({ mode, cron, owner, nextAt }) => [
    mode,
    cron,
    `next ${sayLocalTime(nextAt)}`,
    `for ${owner}`,
  ]);
  return renderTable(rows).join('\n');
}
