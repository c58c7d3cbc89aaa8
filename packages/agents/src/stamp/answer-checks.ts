import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { probeTokenHeader, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';

/** Whoever connects and says nothing is let go after this long. */
const silentMs = 5000;

export interface Answer {
  status: 200 | 503;
  headers: Record<string, string>;
  body: string;
}

const reasons = { 200: 'OK', 503: 'Service Unavailable' } as const;

/**
 * Answers the checks of gateways before the server reads HTTP: each comes several times a second over a connection of its own, which
 * node:http takes two thirds more processor time for. A check is a whole request in the first bytes, as HAProxy sends it, that asks for the
 * connection to be closed. Everything else, and a check `answer` has nothing for, the server gets as if nothing had been before it.
 */
export function answerChecks(server: Server, answer: (token: string) => Answer | null): void {
  const serve = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const drop = () => socket.destroy();
    socket.on('error', drop);
    socket.setTimeout(silentMs, drop);
    socket.once('data', (chunk) => {
      const token = readCheck(chunk.toString('latin1'));
      const text = token === null ? null : answer(token);
      if (text !== null) return socket.end(render(text));
      socket.off('error', drop);
      socket.setTimeout(0);
      socket.off('timeout', drop);
      for (const listener of serve) listener.call(server, socket);
      return socket.unshift(chunk);
    });
  });
}

const requestLine = `GET ${stampHealthPath} HTTP/1.1\r\n`;
const tokenPattern = new RegExp(`\\r\\n${probeTokenHeader}: ([^\\r]+)\\r\\n`, 'i');

/** The token of a check; null: this is none. */
function readCheck(head: string): string | null {
  if (!head.startsWith(requestLine) || !head.endsWith('\r\n\r\n')) return null;
  if (!/\r\nconnection: close\r\n/i.test(head)) return null;
  return tokenPattern.exec(head)?.[1] ?? null;
}

function render({ status, headers, body }: Answer): string {
  const lines = Object.entries({
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasons[status]}\r\n${lines.join('')}\r\n${body}`;
}
