import type { AcknowledgeRequest } from '@alwayson/protocol/alerts.ts';
import { isOpen } from './alert-entry.ts';
import type { AlertMemory } from './alert-memory.ts';

/** Somebody takes an alert on: it is not sent again unless it gets worse. Null when there is no such open alert. */
export function acknowledgeAlert(
  memory: AlertMemory,
  id: string,
  { owner, reason, now }: AcknowledgeRequest & { now: number },
): AlertMemory | null {
  const entry = memory.entries[id];
  if (entry === undefined || !isOpen(entry)) return null;
  const at = new Date(now).toISOString();
  const alert = {
    ...entry.alert,
    state: 'acknowledged' as const,
    lastChange: at,
    acknowledged: { owner, reason, at },
  };
  return { ...memory, entries: { ...memory.entries, [id]: { ...entry, alert } } };
}
