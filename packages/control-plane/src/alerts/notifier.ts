import type { AlertNotification, AlertSeverity } from '@alwayson/protocol/alerts.ts';

/** A way to tell people. One contract suite runs against every one of them. */
export interface Notifier {
  /** Names the receiver for events and the outbox; stable over restarts, and no secret. */
  readonly name: string;
  /**
   * Done when the receiver has taken it; else throws AON_UNREACHABLE or AON_TIMEOUT, soon after `signal` at the latest. The same notification may
   * be delivered again and carries the same id.
   */
  deliver(notification: AlertNotification, signal: AbortSignal): Promise<void>;
}

/** A receiver and what it is told of. */
export interface NotificationTarget {
  notifier: Notifier;
  severities: readonly AlertSeverity[];
}
