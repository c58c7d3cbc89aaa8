import type {
  LossEstimate,
  RecoveryCheck,
  RecoveryPlan,
  RecoveryReport,
} from '@alwayson/protocol/recovery.ts';
import { sayLocalTime } from './say-local-time.ts';
import { sayMs } from './say-ms.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

/** What would happen, for who has to decide. */
export function renderRecoveryPlan(plan: RecoveryPlan, { paint }: Painter): string {
  const { mode, from, to, epoch, writer, candidate, isReady, loss, checks, steps } = plan;
  const { pointOfNoReturn, lastDrill } = plan;
  const stepRows = steps.flatMap(({ name, what: does, typicalMs }) => [
    ...(name === pointOfNoReturn ? [['', 'from here on there is only forward', '']] : []),
    [name, does, typicalMs === null ? '' : `about ${sayMs(typicalMs)}`],
  ]);
  return [
    `${headlines[mode]}: ${from} (${writer ?? 'nobody'}) -> ${to} (${candidate ?? 'nobody'}), from epoch ${epoch} to ${epoch + 1}`,
    ...(loss === null ? [] : ['', 'What it would cost:', ...renderCost(mode, loss)]),
    '',
    'Checks:',
    ...renderChecks(checks, paint),
    '',
    'Steps:',
    ...renderTable(stepRows),
    '',
    sayDrill(lastDrill),
    isReady ? paint('green', 'Ready.') : paint('red', 'Not ready: nothing would be done.'),
  ].join('\n');
}

/** What was measured, for who asked for it. */
export function renderRecoveryReport(report: RecoveryReport, { paint }: Painter): string {
  const { state, from, to, epoch, phases, checks } = report;
  const heads = {
    succeeded: paint('green', `${to} writes, in epoch ${epoch}.`),
    'rolled-back': paint('red', `Undone: ${from} writes as before, in epoch ${epoch}.`),
    failed: paint('red', `It did not come to its end; the register names epoch ${epoch}.`),
  };
  const rows = [
    ['recovery time (RTO)', sayTime(report.rtoMs)],
    ['writes waited', sayTime(report.writeGapMs)],
    ['data lost (RPO)', sayTime(report.rpoMs)],
    ['acknowledged writes lost', sayCount(report.lostWrites)],
    ['outcomes not known', sayCount(report.unknownOutcomes)],
    ['requests failed', sayCount(report.failedRequests)],
  ];
  return [
    heads[state],
    ...renderTable(rows),
    '',
    'Steps:',
    ...renderTable(phases.map(({ name, ms }) => [name, sayMs(ms)])),
    '',
    'Checks:',
    ...renderChecks(checks, paint),
  ].join('\n');
}

function sayDrill(drill: RecoveryPlan['lastDrill']): string {
  if (drill === null) return 'It was never rehearsed: ./alwayson drill does it on a copy.';
  const { at, rtoMs, lost } = drill;
  return `Rehearsed last on ${sayLocalTime(at)}: RTO ${sayTime(rtoMs)}, ${lost} acknowledged writes lost.`;
}

const headlines = { planned: 'Planned switch', emergency: 'Emergency', restore: 'Restore' } as const;

function renderCost(mode: RecoveryPlan['mode'], loss: LossEstimate): string[] {
  if (mode !== 'restore') return renderLossEstimate(loss);
  const { seconds } = loss;
  const since = seconds === null ? 'not known' : `what was written in the last ${sayMs(seconds * 1000)}`;
  return renderTable([['undone', since]]);
}

export function renderLossEstimate({ seconds, bytes, queuedEntries }: LossEstimate): string[] {
  const rows = [
    ['time', seconds === null ? 'not known' : `up to ${seconds.toFixed(1)} s of writes`],
    ['bytes', bytes === null ? 'not known' : `at least ${bytes} of the log were not received`],
    [
      'queue',
      queuedEntries === null
        ? 'not known'
        : `${queuedEntries} small writes wait there, and take effect when the region is back`,
    ],
  ];
  return renderTable(rows);
}

const colours = { pass: 'green', warn: 'yellow', fail: 'red' } as const;

function renderChecks(checks: readonly RecoveryCheck[], paint: Painter['paint']): string[] {
  const rows = renderTable(checks.map(({ name, state, detail }) => [state, name, detail]));
  return rows.map((row, index) => {
    const state = checks[index]?.state ?? 'pass';
    return row.replace(state, paint(colours[state], state));
  });
}

function sayTime(ms: number | null): string {
  return ms === null ? 'not known' : sayMs(ms);
}

function sayCount(count: number | null): string {
  return count === null ? 'not known' : String(count);
}
