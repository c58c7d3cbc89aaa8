import type { Alert } from '@alwayson/protocol/alerts.ts';
import {
  type EntryContext,
  isOpen,
  isWorthTelling,
  openEntry,
  refreshEntry,
  resolveEntry,
  tell,
} from './alert-entry.ts';
import type { AlertInput } from './alert-input.ts';
import { isWorse } from './alert-kind.ts';
import type { AlertChange, AlertEntry, AlertMemory, SuppressionReason } from './alert-memory.ts';
import { openMax, resolvedKeptMs, resolvedMax } from './alert-policy.ts';
import { explainFlows } from './explain-flows.ts';
import { findResolution } from './find-resolution.ts';
import { type Cause, findCauses } from './find-causes.ts';
import { fingerprintOf } from './fingerprint.ts';

export interface AlertDecision {
  memory: AlertMemory;
  /** All that are remembered, resolved ones too: open ones first, the worst of them on top. */
  alerts: Alert[];
  /** What people are told, in this order. */
  changes: AlertChange[];
}

type Entries = Map<string, AlertEntry>;

/** Causes that wait to be alerts; far more than openMax are no news. */
const pendingMax = 1000;

/**
 * Which alerts there are: one for each root cause. One opens when its cause has lasted, gets worse and wider but never better while it is
 * open, and is resolved when the cause has been gone for a while. Maintenance keeps alerts from being opened, not from being resolved.
 */
export function decideAlerts(memory: AlertMemory, input: AlertInput, context: EntryContext): AlertDecision {
  const causes = findCauses(memory, input, context.now).toSorted(byWorst);
  const entries: Entries = new Map(Object.entries(memory.entries));
  const refreshed = refreshOpen(entries, causes, context);
  const { changes: opened, pending, suppressed } = openNew(entries, causes, { ...context, memory });
  const resolved = closeGone(entries, causes, { ...context, input });
  const explained = explainFlows(memory.explained, { causes, entries, suppressed, now: context.now });
  const kept = Object.fromEntries(prune(entries, context.now));
  return {
    memory: { entries: kept, pending, explained, suppressed },
    alerts: listAlerts({ entries: kept }),
    changes: [...opened, ...refreshed, ...resolved],
  };
}

/** Open ones first, the worst of them on top; then what was resolved, newest first. */
export function listAlerts({ entries }: Pick<AlertMemory, 'entries'>): Alert[] {
  return Object.values(entries)
    .map(({ alert }) => alert)
    .toSorted((a, b) => {
      if ((a.state === 'resolved') !== (b.state === 'resolved')) return a.state === 'resolved' ? 1 : -1;
      if (a.state !== 'resolved' && a.severity !== b.severity)
        return isWorse(a.severity, b.severity) ? -1 : 1;
      return a.lastChange < b.lastChange ? 1 : -1;
    });
}

function byWorst(a: Cause, b: Cause): number {
  if (a.severity !== b.severity) return isWorse(a.severity, b.severity) ? -1 : 1;
  return a.rootCause < b.rootCause ? -1 : 1;
}

function refreshOpen(entries: Entries, causes: readonly Cause[], context: EntryContext): AlertChange[] {
  return causes.flatMap((cause) => {
    const before = entries.get(fingerprintOf(cause.rootCause));
    if (before === undefined || !isOpen(before)) return [];
    const after = refreshEntry(before, cause, context);
    if (!isWorthTelling(before, after, context)) {
      entries.set(after.alert.id, after);
      return [];
    }
    return [put(entries, tell(after, 'updated', context.now))];
  });
}

function openNew(
  entries: Entries,
  causes: readonly Cause[],
  context: EntryContext & { memory: AlertMemory },
) {
  const { memory, now } = context;
  const changes: AlertChange[] = [];
  const pending: Record<string, number> = {};
  const suppressed: Record<string, SuppressionReason> = {};
  let openCount = [...entries.values()].filter(isOpen).length;
  const waiting = causes.filter(({ rootCause }) => {
    const entry = entries.get(fingerprintOf(rootCause));
    return entry === undefined || !isOpen(entry);
  });
  for (const cause of waiting.slice(0, pendingMax)) {
    const { rootCause, quiet } = cause;
    const since = memory.pending[rootCause] ?? now;
    const isDue = now - since >= cause.openAfterMs;
    const refusal = quiet ?? (openCount < openMax ? null : 'too-many');
    if (isDue && refusal === null) {
      const before = entries.get(fingerprintOf(rootCause));
      changes.push(put(entries, tell(openEntry(cause, { ...context, before, since }), 'opened', now)));
      openCount += 1;
    } else {
      pending[rootCause] = since;
      if (isDue && refusal !== null) suppressed[rootCause] = refusal;
    }
  }
  return { changes, pending, suppressed };
}

function closeGone(
  entries: Entries,
  causes: readonly Cause[],
  { input, now }: EntryContext & { input: AlertInput },
): AlertChange[] {
  const seen = new Set(causes.map(({ rootCause }) => rootCause));
  const gone = [...entries.values()].filter((entry) => isOpen(entry) && !seen.has(entry.alert.rootCause));
  if (gone.length === 0) return [];
  const entities = new Map(input.entities.map((entity) => [entity.id, entity]));
  const told = causes.filter(({ rootCause }) => {
    const entry = entries.get(fingerprintOf(rootCause));
    return entry !== undefined && isOpen(entry);
  });
  return gone.flatMap((entry) => {
    const verdict = findResolution(entry, { entities, told, now });
    if (typeof verdict === 'string')
      return [put(entries, tell(resolveEntry(entry, verdict, now), 'resolved', now))];
    entries.set(entry.alert.id, { ...entry, clearSince: verdict });
    return [];
  });
}

function put(entries: Entries, { told, change }: ReturnType<typeof tell>): AlertChange {
  entries.set(told.alert.id, told);
  return change;
}

/** Resolved alerts are kept for a while: they answer what happened last night. */
function prune(entries: Entries, now: number): [string, AlertEntry][] {
  const resolved = [...entries.values()]
    .filter((entry) => !isOpen(entry) && now - entry.toldAt < resolvedKeptMs)
    .toSorted((a, b) => b.toldAt - a.toldAt)
    .slice(0, resolvedMax);
  const kept = new Set(resolved);
  return [...entries].filter(([, entry]) => isOpen(entry) || kept.has(entry));
}
