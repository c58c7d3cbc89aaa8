import { createHmac } from 'node:crypto';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import { describe, expect, test } from 'vitest';
import { createEmailNotifier } from '../../src/alerts/email-notifier.ts';
import type { Notifier } from '../../src/alerts/notifier.ts';
import { createWebhookNotifier } from '../../src/alerts/webhook-notifier.ts';
import { alert, notification, type Received } from './fixtures.ts';
import { startSmtpReceiver } from './smtp-receiver.ts';
import { type ReceiverMode, startWebhookReceiver } from './webhook-receiver.ts';

interface Rig {
  notifier: Notifier;
  /** The same, towards a place where nobody listens. */
  lost: Notifier;
  received: Received[];
  behave(mode: ReceiverMode): void;
}

const longEnough = () => AbortSignal.timeout(20_000);

async function createWebhookRig(): Promise<Rig> {
  const receiver = await startWebhookReceiver();
  const create = (url: string) =>
    createWebhookNotifier({ name: 'webhook', url: () => url, secret: undefined, now: Date.now });
  return { notifier: create(receiver.url), lost: create('http://127.204.0.1:9/'), ...receiver };
}

async function createEmailRig(): Promise<Rig> {
  const receiver = await startSmtpReceiver();
  const create = (url: string) =>
    createEmailNotifier({
      name: 'mail',
      from: 'alwayson@example.com',
      to: ['ops@example.com'],
      smtpUrl: () => url,
    });
  return { notifier: create(receiver.url), lost: create('smtp://127.204.0.2:9'), ...receiver };
}

async function codeOf(delivery: Promise<void>): Promise<string> {
  const error: unknown = await delivery.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isAlwaysOnError(error) ? error.code : `not an expected failure: ${String(error)}`;
}

describe.each([
  ['webhook', createWebhookRig],
  ['e-mail', createEmailRig],
])('%s, by the contract of notifiers', (_, createRig) => {
  test('a notification arrives once, whole, with its id', async () => {
    const { notifier, received } = await createRig();
    await notifier.deliver(notification, longEnough());
    expect(received).toHaveLength(1);
    expect(received[0]?.id).toBe(notification.id);
    for (const part of [alert.title, alert.runbook, alert.owner.contact, alert.reason, ...alert.affects]) {
      expect(received[0]?.text).toContain(part);
    }
  });

  test('the same notification delivered again carries the same id', async () => {
    const { notifier, received } = await createRig();
    await notifier.deliver(notification, longEnough());
    await notifier.deliver(notification, longEnough());
    expect(received.map(({ id }) => id)).toEqual([notification.id, notification.id]);
  });

  test('a receiver that refuses, or is not there, is an expected failure; it is taken when it is back', async () => {
    const { notifier, lost, received, behave } = await createRig();
    behave('refuse');
    expect(await codeOf(notifier.deliver(notification, longEnough()))).toBe('AON_UNREACHABLE');
    expect(await codeOf(lost.deliver(notification, longEnough()))).toBe('AON_UNREACHABLE');
    behave('take');
    await notifier.deliver(notification, longEnough());
    expect(received).toHaveLength(1);
  });

  test('a receiver that says nothing costs no more than the time that was given', async () => {
    const { notifier, received, behave } = await createRig();
    behave('hang');
    const startedAt = performance.now();
    expect(await codeOf(notifier.deliver(notification, AbortSignal.timeout(300)))).toBe('AON_TIMEOUT');
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(received).toEqual([]);
  });

  test('what is called off before it starts is not sent', async () => {
    const { notifier, received } = await createRig();
    await expect(notifier.deliver(notification, AbortSignal.abort())).rejects.toThrow();
    expect(received).toEqual([]);
  });
});

test('the webhook gets a CloudEvent with the alert as its data', async () => {
  const { notifier, received } = await createWebhookRig();
  await notifier.deliver(notification, longEnough());
  expect(received[0]?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
  expect(JSON.parse(received[0]?.text ?? '')).toEqual({
    specversion: '1.0',
    id: notification.id,
    source: '/alwayson/shop/main',
    type: 'dev.alwayson.alert.opened',
    subject: alert.id,
    time: notification.at,
    datacontenttype: 'application/json',
    data: alert,
  });
  expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
});

test.each([
  ['plain', 'open sesame', Buffer.from('open sesame')],
  ['whsec_', `whsec_${Buffer.from('open sesame').toString('base64')}`, Buffer.from('open sesame')],
])('with a secret (%s) the webhook is signed as Standard Webhooks says', async (_, secret, key) => {
  const { url, received } = await startWebhookReceiver();
  const now = () => 1_767_261_605_999;
  const notifier = createWebhookNotifier({ name: 'webhook', url: () => url, secret: () => secret, now });
  await notifier.deliver(notification, longEnough());
  const signed = `${notification.id}.1767261605.${received[0]?.text}`;
  expect(received[0]?.headers).toMatchObject({
    'webhook-id': notification.id,
    'webhook-timestamp': '1767261605',
    'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  });
});

test('the mails of one alert are one thread, and the subject says how bad it is', async () => {
  const { notifier, received } = await createEmailRig();
  await notifier.deliver(notification, longEnough());
  const resolved = { ...alert, state: 'resolved' as const, resolution: 'Well for 60 s.' };
  const end = { ...notification, id: 'end', change: 'resolved' as const, alert: resolved };
  await notifier.deliver(end, longEnough());
  const [first, second] = received.map(({ headers }) => headers);
  expect(first?.subject).toBe(`[page] ${alert.title}`);
  expect(second?.subject).toBe(`[page] resolved: ${alert.title}`);
  expect(second?.references).toBe(first?.references);
  expect(first).toMatchObject({ 'auto-submitted': 'auto-generated', to: 'ops@example.com' });
  expect(received[0]?.text).toContain(`./alwayson alerts ack ${alert.id}`);
});
