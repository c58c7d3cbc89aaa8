import type { MaintenanceSpan, Switch } from '@alwayson/protocol/switches.ts';

/** As long as the longest window of an objective, and so many at most. */
const keepMs = 366 * 86_400_000;
const spansMax = 500;

/**
 * The log with these maintenances up to now: with those that end, to be kept; with those that run, to be read. One that is there already is
 * written anew.
 */
export function logMaintenance(
  log: readonly MaintenanceSpan[],
  switches: readonly Switch[],
  nowMs: number,
): MaintenanceSpan[] {
  const spans = switches.filter(isMaintenance).map((item) => toSpan(item, nowMs));
  const others = log.filter(({ id }) => !spans.some((span) => span.id === id));
  return [...others, ...spans].filter(({ to }) => Date.parse(to) > nowMs - keepMs).slice(-spansMax);
}

function isMaintenance({ action }: Switch): boolean {
  return action === 'maintenance';
}

/** It ended at its time also when that was found later. */
function toSpan({ id, target, owner, reason, since, until }: Switch, nowMs: number): MaintenanceSpan {
  const toMs = Math.min(nowMs, until === undefined ? Infinity : Date.parse(until));
  return { id, target, owner, reason, from: since, to: new Date(toMs).toISOString() };
}
