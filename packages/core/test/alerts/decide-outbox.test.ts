import type { Alert, AlertNotification } from '@alwayson/protocol/alerts.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  enqueueNotifications,
  expireAfterMs,
  expireDeliveries,
  findDue,
  type Outbox,
  outboxMax,
  settleDelivered,
  settleFailed,
} from '../../src/alerts/decide-outbox.ts';
import { AlertRun, entityOf } from './alert-world.ts';

const now = 1_000_000;

function alertOf(rootCause: string): Alert {
  const run = new AlertRun();
  run.hold({ entities: [entityOf(rootCause, { state: 'unhealthy' })] }, 20);
  const [alert] = run.alerts;
  if (alert === undefined) throw new Error('no alert');
  return alert;
}

const alerts = { a: alertOf('unit:a'), b: alertOf('unit:b') };

function notificationOf(id: string, alert: Alert = alerts.a): AlertNotification {
  return { id, change: 'updated', at: '2026-01-01T00:00:00.000Z', source: '/alwayson/shop/main', alert };
}

function outboxOf(...items: [string, Alert][]): Outbox {
  const added = items.map(([id, alert]) => ({
    notification: notificationOf(id, alert),
    notifiers: ['hook', 'mail'],
  }));
  return enqueueNotifications([], added, now).outbox;
}

test('each receiver gets the notifications of an alert in order, and another alert is not held up', () => {
  let outbox = outboxOf(['a1', alerts.a], ['a2', alerts.a], ['b1', alerts.b]);
  expect(findDue(outbox, 'hook', now)?.id).toBe('a1');
  outbox = settleFailed(outbox, { id: 'a1', notifier: 'hook' }, { now, jitter: 1 });
  expect(findDue(outbox, 'hook', now)?.id).toBe('b1');
  expect(findDue(outbox, 'mail', now)?.id).toBe('a1');
  expect(findDue(outbox, 'hook', now + 2000)?.id).toBe('a1');
  outbox = settleDelivered(outbox, { id: 'a1', notifier: 'hook' });
  expect(findDue(outbox, 'hook', now)?.id).toBe('a2');
});

test('attempts come further and further apart, by no more than five minutes', () => {
  let outbox = outboxOf(['a1', alerts.a]);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    outbox = settleFailed(outbox, { id: 'a1', notifier: 'hook' }, { now, jitter: 1 });
    waits.push((outbox[0]?.waiting.find(({ notifier }) => notifier === 'hook')?.nextAt ?? 0) - now);
  }
  expect(waits.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
  expect(waits.at(-1)).toBe(300_000);
});

test('after a day, or when its receiver is not configured any more, a delivery is given up and told', () => {
  const outbox = outboxOf(['a1', alerts.a]);
  const both = new Set(['hook', 'mail']);
  expect(expireDeliveries(outbox, { notifiers: both, now: now + expireAfterMs - 1 })).toEqual({
    outbox,
    lost: [],
  });
  const gone = expireDeliveries(outbox, { notifiers: new Set(['mail']), now });
  expect(gone.lost).toMatchObject([{ notifier: 'hook', notification: { id: 'a1' } }]);
  expect(gone.outbox[0]?.waiting).toMatchObject([{ notifier: 'mail' }]);
  const late = expireDeliveries(outbox, { notifiers: both, now: now + expireAfterMs });
  expect(late.outbox).toEqual([]);
  expect(late.lost).toHaveLength(2);
});

test('whatever happens, each delivery is delivered or told as lost, and the outbox stays bounded', () => {
  const steps = fc.array(fc.constantFrom('add', 'add', 'take', 'fail', 'late'), { maxLength: 600 });
  fc.assert(
    fc.property(steps, (program) => {
      let outbox: Outbox = [];
      let at = now;
      const counts = { added: 0, delivered: 0, lost: 0 };
      for (const step of program) {
        const due = findDue(outbox, 'hook', at);
        if (step === 'add') {
          counts.added += 1;
          const notification = notificationOf(
            `n${counts.added}`,
            counts.added % 2 === 0 ? alerts.a : alerts.b,
          );
          const result = enqueueNotifications(outbox, [{ notification, notifiers: ['hook'] }], at);
          outbox = result.outbox;
          counts.lost += result.lost.length;
        } else if (step === 'late') {
          at += 3_600_000;
          const result = expireDeliveries(outbox, { notifiers: new Set(['hook']), now: at });
          outbox = result.outbox;
          counts.lost += result.lost.length;
        } else if (due !== undefined) {
          const key = { id: due.id, notifier: 'hook' };
          counts.delivered += step === 'take' ? 1 : 0;
          outbox =
            step === 'take'
              ? settleDelivered(outbox, key)
              : settleFailed(outbox, key, { now: at, jitter: 0 });
        }
        expect(outbox.length).toBeLessThanOrEqual(outboxMax);
        expect(outbox.length + counts.delivered + counts.lost).toBe(counts.added);
      }
    }),
    { numRuns: 100 },
  );
});
