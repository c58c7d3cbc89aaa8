import type { AlertNotification } from '@alwayson/protocol/alerts.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Notifier } from './notifier.ts';
import { renderEmail } from './render-email.ts';

export interface EmailOptions {
  name: string;
  from: string;
  to: readonly string[];
  /** `smtp://...` or `smtps://...`, read at every delivery. */
  smtpUrl: () => string;
}

const timeoutMs = 15_000;

/** Sends a mail over SMTP. The mails of one alert are one thread; the same notification sent again has the same Message-ID. */
export function createEmailNotifier({ name, from, to, smtpUrl }: EmailOptions): Notifier {
  return {
    name,
    async deliver(notification, signal) {
      const url = smtpUrl();
      // Only who sends mail pays for it.
      const { createTransport } = await import('nodemailer');
      const timeouts = { connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs };
      const transport = createTransport({ url, ...timeouts });
      try {
        await transport.sendMail({ ...toMail(notification), from, to: [...to], signal });
      } catch (error) {
        const isLate =
          signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
        const message = `The mail server of "${name}" does not take it${isLate ? ' in time' : ''}.`;
        throw new AlwaysOnError(isLate ? 'AON_TIMEOUT' : 'AON_UNREACHABLE', message, { cause: error });
      } finally {
        transport.close();
      }
    },
  };
}

function toMail(notification: AlertNotification) {
  const { id, alert } = notification;
  const thread = `<${alert.id}-${Date.parse(alert.since)}@alwayson>`;
  return {
    ...renderEmail(notification),
    messageId: `<${id}@alwayson>`,
    references: thread,
    inReplyTo: thread,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-AlwaysOn-Alert': alert.id },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
