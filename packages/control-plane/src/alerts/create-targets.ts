import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertEmail, AlertSettings, AlertWebhook } from '@alwayson/protocol/alerts.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { createEmailNotifier } from './email-notifier.ts';
import type { NotificationTarget } from './notifier.ts';
import { createWebhookNotifier } from './webhook-notifier.ts';

export interface TargetContext {
  stateDir: string;
  env: NodeJS.ProcessEnv;
  now: () => number;
}

/** Everybody whom the manifest wants told. */
export function createTargets(
  { webhooks, emails }: Pick<AlertSettings, 'webhooks' | 'emails'>,
  context: TargetContext,
): NotificationTarget[] {
  const names = new Set<string>();
  return [
    ...webhooks.map((webhook) =>
      toWebhookTarget(webhook, toFreeName(toWebhookName(webhook), names), context),
    ),
    ...emails.map((email) =>
      toEmailTarget(email, toFreeName(`mail to ${email.to.join(', ')}`, names), context),
    ),
  ];
}

function toWebhookTarget(webhook: AlertWebhook, name: string, context: TargetContext): NotificationTarget {
  const { url = '', urlEnv, secretEnv, severities } = webhook;
  const notifier = createWebhookNotifier({
    name,
    url: () => (urlEnv === undefined ? url : readSecret(urlEnv, context)),
    secret: secretEnv === undefined ? undefined : () => readSecret(secretEnv, context),
    now: context.now,
  });
  return { notifier, severities };
}

function toEmailTarget(email: AlertEmail, name: string, context: TargetContext): NotificationTarget {
  const { from, to, smtpUrlEnv, host = '', port, severities } = email;
  const smtpUrl = () =>
    smtpUrlEnv === undefined ? `smtp://${host}:${port}` : readSecret(smtpUrlEnv, context);
  return { notifier: createEmailNotifier({ name, from, to, smtpUrl }), severities };
}

/** Without path and query: many a webhook's URL is its password. */
function toWebhookName({ url, urlEnv }: AlertWebhook): string {
  return `webhook ${url === undefined ? (urlEnv ?? '') : new URL(url).host}`;
}

function toFreeName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let count = 2; names.has(name); count += 1) name = `${wanted} (${count})`;
  names.add(name);
  return name;
}

/** A secret by its name: an environment variable, or else a file in `secrets/` of the state folder. */
function readSecret(name: string, { env, stateDir }: TargetContext): string {
  const value = env[name] ?? readFile(join(stateDir, 'secrets', name));
  if (value !== undefined && value.trim() !== '') return value.trim();
  throw new AlwaysOnError('AON_UNREACHABLE', `The secret ${name} is not set.`, {
    hint: `Write it to the file secrets/${name} of the state folder, mode 0600.`,
  });
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
