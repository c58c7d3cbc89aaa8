import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface FlaggerCall {
  method: string;
  path: string;
  contentType: string;
  body: unknown;
}

export type Behaviour = { status: number; text?: string; location?: string } | 'hang' | 'reset';

/** A receiver of Flagger's webhooks: a real HTTP server, as its gates and testers are. It gives each path its own behaviour. */
export async function startFlaggerReceiver() {
  const calls: FlaggerCall[] = [];
  const behaviours = new Map<string, Behaviour>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url ?? '';
    calls.push({
      method: request.method ?? '',
      path,
      contentType: request.headers['content-type'] ?? '',
      body: JSON.parse(Buffer.concat(parts).toString()),
    });
    const behaviour = behaviours.get(path) ?? { status: 200 };
    if (behaviour === 'hang') return;
    if (behaviour === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const { status, text = '', location } = behaviour;
    response.writeHead(status, location === undefined ? {} : { location }).end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.204.0.2', resolve));
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    url: `http://127.204.0.2:${(server.address() as AddressInfo).port}`,
    calls,
    behave: (path: string, behaviour: Behaviour) => void behaviours.set(path, behaviour),
    close,
  };
}
