import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlertSettings } from '@alwayson/protocol/alerts.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createTargets } from '../../src/alerts/create-targets.ts';
import { notification } from './fixtures.ts';
import { startSmtpReceiver } from './smtp-receiver.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

const longEnough = () => AbortSignal.timeout(20_000);

function createStateDir(): string {
  const stateDir = mkdtempSync(join(tmpdir(), 'alwayson-targets-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  mkdirSync(join(stateDir, 'secrets'));
  return stateDir;
}

test('everybody whom the manifest names is told, with secrets from files or the environment', async () => {
  const stateDir = createStateDir();
  const hook = await startWebhookReceiver();
  const mail = await startSmtpReceiver();
  const { hostname, port } = new URL(mail.url);
  const common = { from: 'alwayson@example.com', to: ['ops@example.com'] };
  const settings = AlertSettings.parse({
    webhooks: [
      { url: hook.url, secretEnv: 'HOOK_SECRET', severities: ['page'] },
      { url: hook.url },
      { urlEnv: 'HOOK_URL' },
    ],
    emails: [
      { ...common, host: hostname, port: Number(port) },
      { ...common, smtpUrlEnv: 'SMTP_URL' },
    ],
  });
  writeFileSync(join(stateDir, 'secrets', 'HOOK_SECRET'), 'whsec_c2VzYW1l\n', { mode: 0o600 });
  const env = { HOOK_URL: hook.url, SMTP_URL: mail.url };
  const targets = createTargets(settings, { stateDir, env, now: Date.now });
  const host = new URL(hook.url).host;
  expect(targets.map(({ notifier }) => notifier.name)).toEqual([
    `webhook ${host}`,
    `webhook ${host} (2)`,
    'webhook HOOK_URL',
    'mail to ops@example.com',
    'mail to ops@example.com (2)',
  ]);
  expect(targets[0]?.severities).toEqual(['page']);
  for (const { notifier } of targets) await notifier.deliver(notification, longEnough());
  expect(hook.received.map(({ headers }) => headers['webhook-signature'] !== undefined)).toEqual([
    true,
    false,
    false,
  ]);
  expect(mail.received).toHaveLength(2);
});

test('a secret that is missing is told, and taken up when it is there', async () => {
  const stateDir = createStateDir();
  const hook = await startWebhookReceiver();
  const settings = AlertSettings.parse({ webhooks: [{ urlEnv: 'HOOK_URL' }] });
  const [target] = createTargets(settings, { stateDir, env: {}, now: Date.now });
  const deliver = () => target?.notifier.deliver(notification, longEnough());
  await expect(deliver()).rejects.toThrow('The secret HOOK_URL is not set.');
  writeFileSync(join(stateDir, 'secrets', 'HOOK_URL'), hook.url);
  await deliver();
  expect(hook.received).toHaveLength(1);
});

test('the manifest holds one place to send to each, and no secret by value', () => {
  const faulty = [
    { webhooks: [{}] },
    { webhooks: [{ url: 'https://a.example', urlEnv: 'HOOK_URL' }] },
    { webhooks: [{ url: 'ftp://a.example' }] },
    { webhooks: [{ url: 'https://a.example', secretEnv: 'open sesame' }] },
    { emails: [{ to: ['a@example.com'], from: 'b@example.com' }] },
    { emails: [{ to: [], from: 'b@example.com', host: 'mail.example' }] },
  ];
  for (const settings of faulty) expect(AlertSettings.safeParse(settings).success).toBe(false);
});
