import type { Alert, AlertChangeKind } from '@alwayson/protocol/alerts.ts';
import { isWorse, worseOf } from './alert-kind.ts';
import type { AlertChange, AlertEntry } from './alert-memory.ts';
import { type AlertPolicy, affectsMax, updateEveryMs } from './alert-policy.ts';
import { decideOwner } from './decide-owner.ts';
import type { Cause } from './find-causes.ts';
import { fingerprintOf } from './fingerprint.ts';

export interface EntryContext {
  policy: AlertPolicy;
  now: number;
}

export function isOpen({ alert }: AlertEntry): boolean {
  return alert.state !== 'resolved';
}

/** A new occurrence; `before` is the one before it, `since` when its cause was first seen. */
export function openEntry(
  cause: Cause,
  { before, since, policy, now }: EntryContext & { before: AlertEntry | undefined; since: number },
): AlertEntry {
  const alert: Alert = {
    id: fingerprintOf(cause.rootCause),
    ...describe(cause, cause.severity, policy),
    entity: cause.entity,
    rootCause: cause.rootCause,
    affects: cause.affects,
    state: 'open',
    since: toTime(since),
    lastChange: toTime(now),
    reason: cause.reason,
    values: cause.values,
    occurrence: (before?.alert.occurrence ?? 0) + 1,
    ...flagsOf(cause),
  };
  return { alert, covers: cause.covers, clearSince: null, toldAt: now, isUntold: false };
}

/** The same alert with what its cause is like now: it gets worse and wider, never better. */
export function refreshEntry(before: AlertEntry, cause: Cause, { policy }: EntryContext): AlertEntry {
  const { maintenance: _maintenance, flapping: _flapping, acknowledged, ...old } = before.alert;
  const severity = worseOf(old.severity, cause.severity);
  const isRisen = isWorse(severity, old.severity);
  const isMilder = isWorse(old.severity, cause.severity);
  const alert: Alert = {
    ...old,
    ...(isMilder ? {} : describe(cause, severity, policy)),
    // Whoever took it on took on less.
    ...(isRisen ? { state: 'open' } : acknowledged && { acknowledged }),
    affects: widen(cause.affects, old.affects),
    reason: cause.reason,
    values: cause.values,
    ...flagsOf(cause),
  };
  const isWider = alert.affects.length > old.affects.length || alert.kind !== old.kind || isRisen;
  return { ...before, alert, covers: cause.covers, clearSince: null, isUntold: before.isUntold || isWider };
}

export function resolveEntry(entry: AlertEntry, resolution: string, now: number): AlertEntry {
  const { maintenance: _maintenance, ...rest } = entry.alert;
  const alert: Alert = { ...rest, state: 'resolved', resolvedAt: toTime(now), resolution };
  return { ...entry, alert, clearSince: null };
}

/** Whether people hear of the alert again: it got worse, or wider some time ago, or nobody has taken it on for long. */
export function isWorthTelling(
  before: AlertEntry,
  after: AlertEntry,
  { policy, now }: EntryContext,
): boolean {
  const { state, severity, maintenance } = after.alert;
  if (maintenance === true) return false;
  if (isWorse(severity, before.alert.severity)) return true;
  const quietMs = now - after.toldAt;
  if (after.isUntold && quietMs >= updateEveryMs) return true;
  const isWaiting = state === 'open' && severity !== 'info';
  return isWaiting && quietMs >= policy.settings.renotifyMinutes * 60_000;
}

/** The entry once people were told, and what they are told. */
export function tell(
  entry: AlertEntry,
  kind: AlertChangeKind,
  now: number,
): { told: AlertEntry; change: AlertChange } {
  const alert: Alert = { ...entry.alert, lastChange: toTime(now) };
  const told = { ...entry, alert, toldAt: now, isUntold: false };
  return { told, change: { kind, alert, id: `${alert.id}-${now}-${kind}` } };
}

/** What follows from the kind of the cause and how bad it is. */
function describe({ kind, title }: Cause, severity: Alert['severity'], policy: AlertPolicy) {
  const { role, name, contact } = decideOwner(kind, severity, policy);
  const runbook = `${policy.settings.runbookBase.replace(/\/$/, '')}/${kind}.md`;
  return { kind, severity, title, owner: { role, name, contact }, runbook };
}

function flagsOf({ flapping, quiet }: Cause): Pick<Alert, 'flapping' | 'maintenance'> {
  return {
    ...(flapping ? { flapping: true } : {}),
    ...(quiet === 'maintenance' ? { maintenance: true } : {}),
  };
}

function widen(now: readonly string[], before: readonly string[]): string[] {
  return [...new Set([...now, ...before])].slice(0, affectsMax);
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
