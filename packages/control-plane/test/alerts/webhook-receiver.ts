import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Received } from './fixtures.ts';

export type ReceiverMode = 'take' | 'refuse' | 'hang';

/** A receiver of webhooks: a real HTTP server that takes, refuses, or says nothing. */
export async function startWebhookReceiver(onTaken: (one: Received) => void = () => {}) {
  const received: Received[] = [];
  let mode: ReceiverMode = 'take';
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (mode === 'hang') return;
    if (mode === 'refuse') {
      response.writeHead(503).end('busy');
      return;
    }
    const text = Buffer.concat(parts).toString();
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
    );
    const one = { id: (JSON.parse(text) as { id: string }).id, text, headers };
    received.push(one);
    onTaken(one);
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.204.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.204.0.1:${(server.address() as AddressInfo).port}/hook?key=secret`,
    received,
    behave(wanted: ReceiverMode) {
      mode = wanted;
    },
  };
}
