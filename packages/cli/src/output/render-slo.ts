import type { BurnRate, SloFigures, SloReport, SloState } from '@alwayson/protocol/slo.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const head = ['', 'objective', 'measured', 'coverage', 'lower bound', '95 % interval', 'budget left', 'burn'];

const signs = {
  ok: 'healthy',
  burning: 'degraded',
  exhausted: 'unhealthy',
  'no-traffic': 'unknown',
  'no-telemetry': 'unknown',
} as const satisfies Record<SloState, State>;

/** The objectives as a table, the workload last; under it, in sentences, what is not as it should be. */
export function renderSlo(report: SloReport, { sign, paint }: Painter): string {
  const all: SloFigures[] = [...report.flows, report.workload];
  const rows = [head, ...report.flows.map(toRow), ['all together', ...toRow(report.workload).slice(1)]];
  const [heading = '', ...lines] = renderTable(rows, '');
  const notes = [
    ...all.flatMap(describeState),
    ...describeCoverage(all),
    ...describeUnanswered(report.workload),
    ...report.findings.map(({ rule, flow, message }) => `${flow} (${rule}): ${message}`),
  ];
  return [
    paint('bold', `  ${heading} over ${report.workload.window}`),
    ...lines.map((line, index) => `${sign(signs[all[index]?.state ?? 'no-telemetry'])} ${line}`),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function toRow(figures: SloFigures): string[] {
  const [low, high] = figures.interval;
  return [
    figures.name,
    toPercent(figures.objective),
    toPercent(figures.measured),
    toPercent(figures.coverage),
    toPercent(figures.lowerBound),
    figures.measured === null ? '-' : `${toPercent(low)} to ${toPercent(high)}`,
    figures.budgetRemaining === null ? '-' : `${Math.floor(figures.budgetRemaining * 100)} %`,
    describeBurn(figures.burnRates),
  ];
}

/** The first pair that fires, or else the shortest pair's rate. */
function describeBurn(burnRates: readonly BurnRate[]): string {
  const burn = burnRates.find(({ firing }) => firing) ?? burnRates[0];
  if (burn === undefined || burn.rate === null) return '-';
  return `${burn.rate.toFixed(1)} over ${burn.long}${burn.firing ? `, ${burn.action}` : ''}`;
}

function describeState({ name, state, reason, exhaustedInSeconds, minutesDown }: SloFigures): string[] {
  if (state === 'ok') return [];
  const down = minutesDown > 0 ? ` It was down for ${minutesDown} min.` : '';
  const left =
    state === 'burning' && exhaustedInSeconds !== null
      ? ` At this rate nothing is left in ${describeDuration(exhaustedInSeconds)}.`
      : '';
  return [`${name} is ${state}: ${reason}${left}${down}`];
}

function describeCoverage(all: readonly SloFigures[]): string[] {
  const lowest = Math.min(...all.map(({ coverage }) => coverage));
  if (lowest === 1) return [];
  return [
    `Coverage is ${toPercent(lowest)}: in the rest of the time the telemetry is not complete; the lower bound counts it as bad.`,
  ];
}

function describeUnanswered({ unanswered }: SloFigures): string[] {
  if (unanswered === 0) return [];
  return [
    `${unanswered} requests were dropped without an answer when a stamp died, of which flow is not known: the lower bound of each counts them as bad.`,
  ];
}

function describeDuration(seconds: number): string {
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

/** Cut, not rounded: what is below 100 % never reads as 100 %. */
function toPercent(ratio: number | null): string {
  return ratio === null ? '-' : `${Math.floor(ratio * 1e5 + 1e-6) / 1e3} %`;
}
