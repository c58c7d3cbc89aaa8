import type {
  Comparator,
  HealthExplanation,
  HealthThreshold,
  SignalHealth,
} from '@alwayson/protocol/health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { clipReason } from './clip-reason.ts';
import { describeStaleness } from './describe-staleness.ts';
import { partialLegend, sayFlags, sayState } from './health-words.ts';
import { saySpan } from './say-span.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const childrenShown = 30;
const severity: Record<State, number> = { unhealthy: 0, degraded: 1, unknown: 2, healthy: 3 };

/** Why an entity is in its state, in sentences: since when, because of what, what it says itself, and what would clear it. */
export function renderExplanation(explanation: HealthExplanation, painter: Painter, nowMs: number): string {
  const { entity, because, clears } = explanation;
  const sections = [
    [...describeStaleness(explanation.at, nowMs), renderHead(explanation, painter)],
    titled('Because', because.map(toItem)),
    titled('The cause, from here down', renderCausePath(explanation, painter)),
    titled('Signals', renderSignals(entity.signals, painter)),
    titled('What clears it', clears.map(toItem)),
    titled('Made of', renderChildren(explanation, painter)),
    entity.partial ? [partialLegend] : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function toItem(sentence: string): string {
  return `  - ${sentence}`;
}

function renderHead({ entity, at }: HealthExplanation, { sign, paint }: Painter): string {
  const { id, state, flags, since, criticality } = entity;
  const time = new Date(since).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
  const span = saySpan(Date.parse(at) - Date.parse(since));
  const rank = criticality === undefined ? '' : ` (${criticality} criticality)`;
  return `${sign(state)} ${paint('bold', id)}${rank} is ${sayState(entity)}${sayFlags(flags)} since ${time} (${span}).`;
}

/** Of one step there is nothing to follow, and why the first one is bad has been said. */
function renderCausePath({ causePath }: HealthExplanation, { sign }: Painter): string[] {
  if (causePath.length < 2) return [];
  return causePath.map(({ id, state, reason }, index) => {
    if (index === 0) return `  ${sign(state)} ${id} is ${state}`;
    return `  ${'   '.repeat(index - 1)}-> ${sign(state)} ${id} is ${state}${toReason(reason)}`;
  });
}

function renderSignals(signals: readonly SignalHealth[], { sign }: Painter): string[] {
  if (signals.length === 0) return [];
  const rows = signals.map(({ name, state, value, unit, threshold, ageMs, reason }) => [
    name,
    state,
    value === null ? '-' : sayValue(value, unit),
    threshold === null ? '-' : sayThreshold(threshold, unit),
    ageMs === null ? 'never' : saySpan(ageMs),
    reason ?? '',
  ]);
  const [head = '', ...lines] = renderTable(
    [['signal', 'state', 'value', 'threshold', 'age', ''], ...rows],
    '',
  );
  return [
    `    ${head}`,
    ...lines.map((line, index) => `  ${sign(signals[index]?.state ?? 'unknown')} ${line}`),
  ];
}

function renderChildren({ children, entity }: HealthExplanation, { sign }: Painter): string[] {
  if (children.length === 0) return [];
  const ordered = children.toSorted((a, b) => severity[a.state] - severity[b.state]);
  const shown = ordered.slice(0, childrenShown);
  const more = ordered.length - shown.length;
  const rows = shown.map(({ to, state, impact, reason }) => [to, state, impact, clipReason(reason ?? '')]);
  const [head = '', ...lines] = renderTable([['part', 'state', 'impact', ''], ...rows], '');
  return [
    `    ${head}`,
    ...lines.map((line, index) => `  ${sign(shown[index]?.state ?? 'unknown')} ${line}`),
    ...(more > 0 ? [`  and ${more} more: ./alwayson health ${entity.id} --all`] : []),
  ];
}

function toReason(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${clipReason(reason)}`;
}

const reached: Record<Comparator, string> = {
  gte: 'at or above',
  gt: 'above',
  lte: 'at or below',
  lt: 'below',
};

/** `degraded above 300 ms (until 270 ms)`: where it is entered, and beyond which it is left again. */
function sayThreshold({ state, comparator, enter, exit }: HealthThreshold, unit: string | null): string {
  const until = enter === exit ? '' : ` (left at ${sayValue(exit, unit)})`;
  return `${state} ${reached[comparator]} ${sayValue(enter, unit)}${until}`;
}

function sayValue(value: number, unit: string | null): string {
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(3))} %`;
  return `${Number(value.toPrecision(4))}${unit === null || unit === '' ? '' : ` ${unit}`}`;
}
