import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Alert } from '@alwayson/protocol/alerts.ts';

/** A CloudEvent (1.0) that an alert was told by. */
export interface AlertEvent {
  id: string;
  /** `dev.alwayson.alert.opened`, `.updated` or `.resolved`. */
  type: string;
  subject: string;
  contentType: string;
  specversion: string;
  alert: Alert;
}

/** Takes webhooks on this machine, and keeps each event once, however often it came. */
export async function startWebhookReceiver() {
  const events = new Map<string, AlertEvent>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const event = JSON.parse(Buffer.concat(parts).toString()) as Omit<
        AlertEvent,
        'alert' | 'contentType'
      > & {
        data: unknown;
      };
      const { id, type, subject, specversion, data } = event;
      const contentType = request.headers['content-type'] ?? '';
      events.set(id, { id, type, subject, specversion, contentType, alert: Alert.parse(data) });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    list: () => [...events.values()],
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
