import type { AlertKind, AlertSeverity } from '@alwayson/protocol/alerts.ts';

/** The absence of evidence, as a cause. */
export const telemetryCause = 'telemetry';

/** What nobody but a person can put right is never only worth knowing. */
export const severityMin: Readonly<Partial<Record<AlertKind, AlertSeverity>>> = {
  'disk-space': 'ticket',
  'certificate-expiry': 'ticket',
  'observer-blind': 'ticket',
  'control-plane-degraded': 'ticket',
};

const ranks: Readonly<Record<AlertSeverity, number>> = { page: 2, ticket: 1, info: 0 };

export function isWorse(left: AlertSeverity, right: AlertSeverity): boolean {
  return ranks[left] > ranks[right];
}

export function worseOf(left: AlertSeverity, right: AlertSeverity): AlertSeverity {
  return isWorse(right, left) ? right : left;
}
