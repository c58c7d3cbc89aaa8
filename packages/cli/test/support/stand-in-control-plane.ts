import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import type { Event } from '@alwayson/protocol/operations.ts';
import { onTestFinished } from 'vitest';
import { createStatus } from './sample-status.ts';

export interface StandIn {
  port: number;
  /** `POST /api/kill west-1 Bearer ...`, in the order they came. */
  requests: string[];
}

export const sampleEvents: Event[] = [1, 2].map((seq) => ({
  seq,
  at: '2026-01-01T10:00:00.000Z',
  severity: 'warning',
  type: 'unit.exited',
  entity: `unit-${seq}`,
  message: 'exited with code 1',
}));

/** For an answer that never comes: the connection is cut, as when the control plane dies. */
export const cutOff = Symbol('cut off');

/** What a test answers by itself, by `METHOD /path` and body: a document, a refusal, `cutOff`, or undefined for the usual. */
export type MoreAnswers = (route: string, body: string) => unknown;

/** Answers as protocol/control-api.ts says, from fixed documents: the CLI's side of the contract. */
export async function startStandInControlPlane(also: MoreAnswers = () => undefined): Promise<StandIn> {
  const requests: string[] = [];
  const server = createServer((request, response) => void answer(request, response, { requests, also }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { requests, also }: { requests: string[]; also: MoreAnswers },
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  requests.push([request.method, request.url, body, request.headers.authorization].filter(Boolean).join(' '));
  const path = request.url?.split('?')[0];
  const send = (document: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  };
  const more = also(`${request.method} ${path}`, body);
  if (more === cutOff) response.destroy();
  else if (more instanceof AlwaysOnError) send(toProblem(more), toProblem(more).status);
  else if (more !== undefined) send(more);
  else if (path === '/api/status') send(createStatus());
  else if (path === '/api/events') send(sampleEvents);
  else if (path === '/api/stream') streamOnce(response);
  else if (body.includes('nowhere')) {
    const problem = toProblem(new AlwaysOnError('AON_NOT_FOUND', 'Nothing is called nowhere.'));
    send(problem, problem.status);
  } else send({ target: 'west-1', kind: 'zone', units: ['api-1'], message: 'Killed zone west-1.' });
}

function streamOnce(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`event: status\ndata: ${JSON.stringify(createStatus())}\n\n`);
  const next = { ...sampleEvents[0], seq: 3, message: 'is back' };
  response.write(`id: 3\nevent: event\ndata: ${JSON.stringify(next)}\n\n`);
}
