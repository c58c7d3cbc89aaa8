import type { Alert, AlertChangeKind } from '@alwayson/protocol/alerts.ts';

/** An alert with what only its life cycle needs. Times in ms since the epoch. */
export interface AlertEntry {
  alert: Alert;
  /** Ids of the bad entities below that this alert stands for. */
  covers: string[];
  /** Since when its cause is not seen any more; null while it is. */
  clearSince: number | null;
  /** The last time anybody was told. */
  toldAt: number;
  /** Something changed since then that was not worth telling at once. */
  isUntold: boolean;
}

export type SuppressionReason = 'maintenance' | 'draining' | 'too-many';

/** Everything that alerting remembers; plain JSON. */
export interface AlertMemory {
  /** By alert id. */
  entries: Record<string, AlertEntry>;
  /** Causes that are seen but not for long enough, by root cause, and since when. */
  pending: Record<string, number>;
  /** When an open alert last stood behind a flow: what its budget burned then needs no alert of its own. */
  explained: Record<string, number>;
  /** Causes for which no alert is opened, and why. */
  suppressed: Record<string, SuppressionReason>;
}

export interface AlertChange {
  kind: AlertChangeKind;
  alert: Alert;
  /** The same change told twice has the same id. */
  id: string;
}

export const emptyAlertMemory: AlertMemory = { entries: {}, pending: {}, explained: {}, suppressed: {} };
