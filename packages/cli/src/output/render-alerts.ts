import type { Alert } from '@alwayson/protocol/alerts.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';
import { saySpan } from './say-span.ts';

const formats = { page: 'red', ticket: 'yellow', info: 'gray' } as const;
const affectsShown = 3;

/** A table for people, and below it the reason of each alert; `alerts` in the order in which they came. */
export function renderAlerts(alerts: readonly Alert[], { paint }: Painter, nowMs: number): string {
  if (alerts.length === 0) return 'No alerts.';
  const rows = alerts.map((alert) => [
    alert.severity,
    toSince(alert, nowMs),
    alert.title,
    toAffects(alert.affects),
    toOwner(alert),
    alert.runbook,
    alert.id,
  ]);
  const head = ['severity', 'since', 'title', 'affects', 'owner', 'runbook', 'id'];
  const [headLine = '', ...lines] = renderTable([head, ...rows], '');
  const table = lines.map((line, index) => {
    const { severity, state } = alerts[index] ?? { severity: 'info', state: 'resolved' };
    return paint(state === 'resolved' ? 'gray' : formats[severity], line);
  });
  const reasons = alerts
    .filter(({ state }) => state !== 'resolved')
    .map(({ id, reason, ...alert }) => `${id}  ${reason}${toNotes(alert)}`);
  return [headLine, ...table, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n');
}

function toSince({ since, resolvedAt }: Alert, nowMs: number): string {
  const at = new Date(since).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
  const endMs = resolvedAt === undefined ? nowMs : Date.parse(resolvedAt);
  const span = saySpan(endMs - Date.parse(since));
  return resolvedAt === undefined ? `${at} (${span})` : `${at} (resolved after ${span})`;
}

function toAffects(affects: readonly string[]): string {
  const more = affects.length - affectsShown;
  const shown = affects.slice(0, affectsShown).join(', ');
  if (shown === '') return '-';
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function toOwner({ owner, acknowledged }: Alert): string {
  return acknowledged === undefined ? owner.name : `${acknowledged.owner} (has it)`;
}

function toNotes({ flapping, maintenance, acknowledged }: Partial<Alert>): string {
  const notes = [
    ...(flapping ? ['comes and goes'] : []),
    ...(maintenance ? ['under maintenance'] : []),
    ...(acknowledged ? [`taken on by ${acknowledged.owner}: ${acknowledged.reason}`] : []),
  ];
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`;
}
