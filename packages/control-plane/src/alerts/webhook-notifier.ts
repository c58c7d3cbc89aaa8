import { createHmac } from 'node:crypto';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { AlertNotification } from '@alwayson/protocol/alerts.ts';
import type { Notifier } from './notifier.ts';

export interface WebhookOptions {
  name: string;
  /** Read at every delivery: a secret that rotates is taken up without a restart. */
  url: () => string;
  secret: (() => string) | undefined;
  now: () => number;
}

/**
 * Posts a CloudEvent (1.0, structured JSON). With a secret it is signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp`,
 * and `webhook-signature`, the HMAC-SHA256 of `<id>.<timestamp>.<body>`.
 */
export function createWebhookNotifier({ name, url, secret, now }: WebhookOptions): Notifier {
  return {
    name,
    async deliver(notification, signal) {
      const body = JSON.stringify(toCloudEvent(notification));
      const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
      const signature = secret === undefined ? {} : sign(secret(), { id: notification.id, body, at: now() });
      const response = await post(url(), { headers: { ...headers, ...signature }, body, signal }, name);
      await response.body?.cancel();
      if (response.ok) return;
      throw new AlwaysOnError('AON_UNREACHABLE', `The ${name} answered ${response.status}.`);
    },
  };
}

async function post(
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: string; signal: AbortSignal },
  name: string,
): Promise<Response> {
  try {
    // A redirect would carry the alert to where nobody said it may go.
    return await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const what = isLate ? 'did not answer in time' : 'does not answer';
    const code = isLate ? 'AON_TIMEOUT' : 'AON_UNREACHABLE';
    throw new AlwaysOnError(code, `The ${name} ${what}.`, { cause: error });
  }
}

function toCloudEvent({ id, change, at, source, alert }: AlertNotification) {
  return {
    specversion: '1.0',
    id,
    source,
    type: `dev.alwayson.alert.${change}`,
    subject: alert.id,
    time: at,
    datacontenttype: 'application/json',
    data: alert,
  };
}

function sign(
  secret: string,
  { id, body, at }: { id: string; body: string; at: number },
): Record<string, string> {
  const prefix = 'whsec_';
  const key = secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), 'base64')
    : Buffer.from(secret);
  const timestamp = String(Math.floor(at / 1000));
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}
