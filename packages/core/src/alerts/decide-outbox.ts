import type { AlertNotification } from '@alwayson/protocol/alerts.ts';

/** One receiver that has not taken a notification yet. Times in ms since the epoch. */
export interface Delivery {
  notifier: string;
  attempts: number;
  nextAt: number;
}

export interface OutboxItem {
  notification: AlertNotification;
  createdAt: number;
  waiting: Delivery[];
}

/** What is still to be delivered, oldest first; plain JSON. */
export type Outbox = readonly OutboxItem[];

export interface OutboxNotification {
  notification: AlertNotification;
  notifiers: readonly string[];
}

/** One delivery that ended without the receiver having it. */
export interface LostDelivery {
  notification: AlertNotification;
  notifier: string;
  attempts: number;
}

export const outboxMax = 200;
export const expireAfterMs = 24 * 3600 * 1000;
const retryFirstMs = 2_000;
const retryMaxMs = 300_000;

/** Puts notifications behind the others. Beyond the bound the oldest are lost. */
export function enqueueNotifications(
  outbox: Outbox,
  added: readonly OutboxNotification[],
  now: number,
): { outbox: Outbox; lost: LostDelivery[] } {
  const items = added.map(({ notification, notifiers }) => ({
    notification,
    createdAt: now,
    waiting: notifiers.map((notifier) => ({ notifier, attempts: 0, nextAt: now })),
  }));
  const all = [...outbox, ...items.filter(({ waiting }) => waiting.length > 0)];
  return { outbox: all.slice(-outboxMax), lost: toLost(all.slice(0, -outboxMax)) };
}

/** What a receiver gets next, if anything is due. The notifications of one alert reach it in their order. */
export function findDue(outbox: Outbox, notifier: string, now: number): AlertNotification | undefined {
  const held = new Set<string>();
  for (const { notification, waiting } of outbox) {
    const delivery = waiting.find((candidate) => candidate.notifier === notifier);
    if (delivery === undefined) continue;
    if (delivery.nextAt <= now && !held.has(notification.alert.id)) return notification;
    held.add(notification.alert.id);
  }
  return undefined;
}

interface DeliveryKey {
  id: string;
  notifier: string;
}

export function settleDelivered(outbox: Outbox, key: DeliveryKey): Outbox {
  return changeDelivery(outbox, key, () => []);
}

/** The next attempt comes later and later, up to five minutes; `jitter` (0..1) keeps many from coming at once. */
export function settleFailed(
  outbox: Outbox,
  key: DeliveryKey,
  { now, jitter }: { now: number; jitter: number },
): Outbox {
  return changeDelivery(outbox, key, (delivery) => {
    const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(delivery.attempts, 20));
    const nextAt = now + Math.round(waitMs * (0.5 + jitter / 2));
    return [{ ...delivery, attempts: delivery.attempts + 1, nextAt }];
  });
}

/** Gives up what is too old to help anybody, and what is for receivers that are not configured any more. */
export function expireDeliveries(
  outbox: Outbox,
  { notifiers, now }: { notifiers: ReadonlySet<string>; now: number },
): { outbox: Outbox; lost: LostDelivery[] } {
  const split = outbox.map((item) => {
    const isOld = now - item.createdAt >= expireAfterMs;
    const kept = isOld ? [] : item.waiting.filter(({ notifier }) => notifiers.has(notifier));
    const gone = item.waiting.filter((delivery) => !kept.includes(delivery));
    return { kept: { ...item, waiting: kept }, gone: { ...item, waiting: gone } };
  });
  const lost = toLost(split.map(({ gone }) => gone));
  if (lost.length === 0) return { outbox, lost };
  return { outbox: split.map(({ kept }) => kept).filter(({ waiting }) => waiting.length > 0), lost };
}

function changeDelivery(
  outbox: Outbox,
  { id, notifier }: DeliveryKey,
  change: (delivery: Delivery) => Delivery[],
): Outbox {
  return outbox
    .map((item) => {
      if (item.notification.id !== id) return item;
      const waiting = item.waiting.flatMap((delivery) =>
        delivery.notifier === notifier ? change(delivery) : [delivery],
      );
      return { ...item, waiting };
    })
    .filter(({ waiting }) => waiting.length > 0);
}

function toLost(items: readonly OutboxItem[]): LostDelivery[] {
  return items.flatMap(({ notification, waiting }) =>
    waiting.map(({ notifier, attempts }) => ({ notification, notifier, attempts })),
  );
}
