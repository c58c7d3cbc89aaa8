import type { Switch } from '@alwayson/protocol/switches.ts';
import { renderTable } from './text-table.ts';

/** A table for people: times are local, ends also as what is left. */
export function renderSwitches(switches: readonly Switch[], nowMs: number): string {
  if (switches.length === 0) return 'Nothing is switched: everything is in service.';
  const rows = switches.map(({ target, action, owner, reason, since, until, override }) => [
    `${target.kind} ${target.name}`,
    action,
    owner,
    override ? `${reason} (override)` : reason,
    toLocal(since),
    until === undefined ? '-' : `${toLocal(until)} (in ${toRest(Date.parse(until) - nowMs)})`,
  ]);
  return renderTable([['what', 'action', 'who', 'why', 'since', 'until'], ...rows], '').join('\n');
}

function toLocal(time: string): string {
  return new Date(time).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}

function toRest(ms: number): string {
  const minutes = Math.max(0, Math.ceil(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
