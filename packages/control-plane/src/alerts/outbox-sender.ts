import {
  expireDeliveries,
  findDue,
  type LostDelivery,
  settleDelivered,
  settleFailed,
} from '@alwayson/core/alerts/decide-outbox.ts';
import type { AlertNotification } from '@alwayson/protocol/alerts.ts';
import type { Journal } from '../operations/journal.ts';
import type { AlertBook } from './alert-book.ts';
import type { NotificationTarget } from './notifier.ts';

const deliveryTimeoutMs = 20_000;

export interface OutboxSender {
  /** Starts what is due. Waits for nobody: each receiver has a lane of its own. */
  send(): void;
  close(): Promise<void>;
}

interface SenderContext {
  book: AlertBook;
  targets: readonly NotificationTarget[];
  journal: Journal;
  now: () => number;
  /** 0..1. */
  random: () => number;
}

/**
 * Delivers the outbox at least once: a notification leaves it only after its receiver has taken it, so whoever is killed in between
 * delivers it again, with the same id.
 */
export function createOutboxSender(context: SenderContext): OutboxSender {
  const { book, targets, journal, now } = context;
  const closing = new AbortController();
  const lanes = new Map<string, Promise<void>>();
  const names = new Set(targets.map(({ notifier }) => notifier.name));

  const run = async ({ notifier }: NotificationTarget, first: AlertNotification) => {
    let due: AlertNotification | undefined = first;
    while (due !== undefined && !closing.signal.aborted) {
      const isTaken = await deliver(notifier, due, { ...context, closing: closing.signal });
      // Whoever just failed is not asked again in this round.
      due = isTaken ? findDue(book.state().outbox, notifier.name, now()) : undefined;
    }
  };

  return {
    send() {
      const { outbox, lost } = expireDeliveries(book.state().outbox, { notifiers: names, now: now() });
      if (lost.length > 0) {
        book.write({ ...book.state(), outbox });
        tellLost(journal, lost);
      }
      for (const target of targets) {
        const { name } = target.notifier;
        const due = lanes.has(name) ? undefined : findDue(outbox, name, now());
        if (due === undefined) continue;
        // A delivery that could not be noted stays in the outbox, and the next tick takes it up.
        const lane = run(target, due).catch(() => {});
        lanes.set(
          name,
          lane.finally(() => lanes.delete(name)),
        );
      }
    },
    async close() {
      closing.abort();
      await Promise.all(lanes.values());
    },
  };
}

type DeliverContext = SenderContext & { closing: AbortSignal };

async function deliver(
  notifier: NotificationTarget['notifier'],
  notification: AlertNotification,
  { book, journal, now, random, closing }: DeliverContext,
): Promise<boolean> {
  const key = { id: notification.id, notifier: notifier.name };
  const item = book.state().outbox.find((candidate) => candidate.notification.id === notification.id);
  const isFirst = item?.waiting.find((delivery) => delivery.notifier === notifier.name)?.attempts === 0;
  const event = { type: '', entity: notification.alert.entity.id, data: { ...key } };
  try {
    await notifier.deliver(notification, AbortSignal.any([closing, AbortSignal.timeout(deliveryTimeoutMs)]));
  } catch (error) {
    if (closing.aborted) return false;
    const failed = settleFailed(book.state().outbox, key, { now: now(), jitter: random() });
    book.write({ ...book.state(), outbox: failed });
    const message = `${toText(error)} It is tried again; the notification is kept: ${notification.alert.title}.`;
    if (isFirst) journal.event({ ...event, severity: 'warning', type: 'notification.failed', message });
    return false;
  }
  book.write({ ...book.state(), outbox: settleDelivered(book.state().outbox, key) });
  if (!isFirst) {
    const message = `The ${notifier.name} has taken it after all: ${notification.alert.title}.`;
    journal.event({ ...event, severity: 'info', type: 'notification.delivered', message });
  }
  return true;
}

/** What nobody was told, and will not be told any more. */
export function tellLost(journal: Journal, lost: readonly LostDelivery[]): void {
  for (const { notification, notifier, attempts } of lost) {
    journal.event({
      severity: 'error',
      type: 'notification.expired',
      entity: notification.alert.entity.id,
      message: `The ${notifier} never took it, after ${attempts} attempts: ${notification.alert.title} (${notification.change}).`,
      data: { id: notification.id, notifier },
    });
  }
}

function toText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
