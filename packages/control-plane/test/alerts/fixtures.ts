import type { AlertInput } from '@alwayson/core/alerts/alert-input.ts';
import type { Alert, AlertNotification } from '@alwayson/protocol/alerts.ts';

/** What arrived at a receiver. */
export interface Received {
  id: string;
  /** The whole text, decoded. */
  text: string;
  headers: Record<string, string>;
}

export const alert: Alert = {
  id: 'alert-0badcafe',
  kind: 'database-writer-gone',
  severity: 'page',
  title: 'Database für Kunden does not take writes',
  entity: { id: 'store:database', kind: 'store', name: 'database' },
  rootCause: 'store:database',
  affects: ['flow:buy', 'flow:view'],
  state: 'open',
  since: '2026-01-01T10:00:00.000Z',
  lastChange: '2026-01-01T10:00:05.000Z',
  owner: { role: 'head-of-operations', name: 'Operations', contact: 'ops@example.com' },
  runbook: 'docs/runbooks/database-writer-gone.md',
  reason: 'no member accepts writes',
  values: { 'burn rate of buy, 1h': 20.1 },
  occurrence: 1,
};

export const notification: AlertNotification = {
  id: 'alert-0badcafe-1767261605000-opened',
  change: 'opened',
  at: '2026-01-01T10:00:05.000Z',
  source: '/alwayson/shop/main',
  alert,
};

/** A database that is gone and the flow that suffers from it. */
export function outageInput(state: 'unhealthy' | 'healthy' = 'unhealthy'): AlertInput {
  const causes = state === 'unhealthy' ? ['store:database'] : [];
  const common = { state, reason: 'gone', rootCauses: causes, flags: [] };
  return {
    entities: [
      { ...common, id: 'store:database', kind: 'store', name: 'database', alertKind: 'database-writer-gone' },
      {
        ...common,
        id: 'flow:buy',
        kind: 'flow',
        name: 'buy',
        criticality: 'high',
        alertKind: 'flow-unhealthy',
      },
    ],
    burns: [],
  };
}
