import { acknowledgeAlert } from '@alwayson/core/alerts/acknowledge-alert.ts';
import type { AlertInput } from '@alwayson/core/alerts/alert-input.ts';
import type { AlertChange, AlertMemory } from '@alwayson/core/alerts/alert-memory.ts';
import { toAlertPolicy } from '@alwayson/core/alerts/alert-policy.ts';
import { decideAlerts, listAlerts } from '@alwayson/core/alerts/decide-alerts.ts';
import { enqueueNotifications } from '@alwayson/core/alerts/decide-outbox.ts';
import type { AcknowledgeRequest, Alert, AlertsQuery } from '@alwayson/protocol/alerts.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { Journal } from '../operations/journal.ts';
import { openAlertBook } from './alert-book.ts';
import type { NotificationTarget } from './notifier.ts';
import { createOutboxSender, tellLost } from './outbox-sender.ts';

export interface AlertsController extends Controller {
  /** Open ones first, the worst of them on top. */
  alerts(query: AlertsQuery): Alert[];
  /** Throws AON_NOT_FOUND when no such alert is open. */
  acknowledge(id: string, request: AcknowledgeRequest): Alert;
}

type AlertsContext = Pick<ControllerContext, 'environment' | 'manifest' | 'records' | 'journal' | 'now'> & {
  /** What the model says now; null while it cannot say anything yet. */
  input: () => AlertInput | null;
  targets: readonly NotificationTarget[];
  random?: () => number;
};

/**
 * Alerts and their way to people. A tick decides from the model as it is and from what was remembered; what people must hear is
 * committed together with the decision, and delivered beside the ticks.
 */
export function createAlertsController(context: AlertsContext): AlertsController {
  const { environment, manifest, records, journal, now, input, targets, random = Math.random } = context;
  const book = openAlertBook(records);
  const sender = createOutboxSender({ book, targets, journal, now, random });
  const policy = toAlertPolicy(manifest);
  const source = `/alwayson/${environment.workload}/${environment.name}`;

  const decide = (seen: AlertInput) => {
    const { memory: before, outbox: waiting } = book.state();
    const { memory, changes } = decideAlerts(before, seen, { policy, now: now() });
    const at = new Date(now()).toISOString();
    const added = changes.map(({ id, kind, alert }) => ({
      notification: { id, change: kind, at, source, alert },
      notifiers: targets
        .filter(({ severities }) => severities.includes(alert.severity))
        .map(({ notifier }) => notifier.name),
    }));
    const { outbox, lost } = enqueueNotifications(waiting, added, now());
    book.write({ memory, outbox });
    for (const change of changes) tellChange(journal, change);
    tellSuppressed(journal, before, memory);
    tellLost(journal, lost);
  };

  return {
    name: 'alerts',
    async tick() {
      try {
        const seen = input();
        if (seen !== null) decide(seen);
      } finally {
        sender.send();
      }
    },
    alerts: ({ state }) => listAlerts(book.state().memory).filter((alert) => isAsked(alert, state)),
    acknowledge(id, { owner, reason }) {
      const memory = acknowledgeAlert(book.state().memory, id, { owner, reason, now: now() });
      const alert = memory?.entries[id]?.alert;
      if (memory === null || alert === undefined) {
        const hint = 'See ./alwayson alerts for those that are open.';
        throw new AlwaysOnError('AON_NOT_FOUND', `There is no open alert ${id}.`, { hint });
      }
      book.write({ ...book.state(), memory });
      const message = `${owner} has taken on the alert "${alert.title}": ${reason}`;
      const entity = alert.entity.id;
      journal.event({ severity: 'info', type: 'alert.acknowledged', entity, message, data: { id } });
      return alert;
    },
    close: () => sender.close(),
  };
}

function isAsked({ state }: Alert, asked: AlertsQuery['state']): boolean {
  if (asked === 'all') return true;
  return asked === 'active' ? state !== 'resolved' : state === asked;
}

const eventSeverities = { page: 'error', ticket: 'warning', info: 'info' } as const;

function tellChange(journal: Journal, { kind, alert }: AlertChange): void {
  const affects = alert.affects.length === 0 ? '' : `; affects ${alert.affects.slice(0, 10).join(', ')}`;
  const message =
    kind === 'resolved'
      ? `Alert resolved: ${alert.title}. ${alert.resolution ?? ''}`
      : `Alert (${alert.severity}) ${kind}: ${alert.title}: ${alert.reason}${affects}.`;
  journal.event({
    severity: kind === 'resolved' ? 'info' : eventSeverities[alert.severity],
    type: `alert.${kind}`,
    entity: alert.entity.id,
    message,
    data: { id: alert.id, kind: alert.kind, affects: alert.affects },
  });
}

const suppressions = {
  maintenance: 'it is under maintenance',
  draining: 'it is meant to go',
  'too-many': 'too many alerts are open already',
} as const;

/** Silence that is meant is told once, so that nobody takes it for health. */
function tellSuppressed(journal: Journal, before: AlertMemory, after: AlertMemory): void {
  for (const [entity, reason] of Object.entries(after.suppressed)) {
    if (before.suppressed[entity] === reason) continue;
    const message = `No alert is opened for ${entity}: ${suppressions[reason]}.`;
    journal.event({ severity: 'info', type: 'alert.suppressed', entity, message });
  }
}
