import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { KillResult } from '@alwayson/protocol/control-api.ts';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import type { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Status } from '@alwayson/protocol/status.ts';

const address = '127.207.0.1';
/** What the control plane sends with the console: nothing but its own origin. */
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** A control plane as the contract describes it, with a state that the test holds. */
export interface ApiServer {
  readonly url: string;
  /** What was posted: `kill west-1`. */
  readonly posted: string[];
  status: Status;
  /** Oldest first. */
  events: Event[];
  operations: Operation[];
  /** Null: nothing was rolled out yet. */
  rollout: RolloutReport | null;
  /** How often it was asked for. */
  rolloutReads: number;
  /** False: changes are answered 401. */
  signedIn: boolean;
  push(name: 'status' | 'event' | 'operation', data: Status | Event | Operation): void;
  /** True: takes requests and answers none, as a process that was stopped with SIGSTOP. */
  frozen: boolean;
  /** Cuts every connection and refuses new ones, as a killed control plane; `start` serves again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startApiServer(
  folder: string,
  initial: Pick<ApiServer, 'status' | 'events'>,
): Promise<ApiServer> {
  const streams = new Set<ServerResponse>();
  let port = 0;
  let server = createServer();
  const api: ApiServer = {
    get url() {
      return `http://${address}:${port}`;
    },
    posted: [],
    operations: [],
    rollout: null,
    rolloutReads: 0,
    signedIn: true,
    frozen: false,
    ...initial,
    push(name, data) {
      if (name === 'status') api.status = data as Status;
      if (name === 'event') api.events.push(data as Event);
      if (name === 'operation') api.operations = [data as Operation];
      const id = name === 'event' ? `id: ${(data as Event).seq}\n` : '';
      for (const stream of streams) stream.write(`event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      streams.clear();
      await closed;
    },
    async start() {
      server = createServer((request, response) => {
        answer(api, folder, { request, response, streams }).catch((error: unknown) => {
          sendJson(response, toProblem(error), toProblem(error).status);
        });
      });
      await new Promise<void>((resolve) => server.listen(port, address, resolve));
      port = (server.address() as AddressInfo).port;
    },
  };
  await api.start();
  return api;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  streams: Set<ServerResponse>;
}

async function answer(api: ApiServer, folder: string, exchange: Exchange): Promise<void> {
  const { request, response, streams } = exchange;
  if (api.frozen) return;
  const { pathname, searchParams } = new URL(request.url ?? '/', api.url);
  if (request.method === 'POST') return answerChange(api, pathname, exchange);
  if (pathname === '/api/status') return sendJson(response, api.status);
  if (pathname === '/api/operations') return sendJson(response, api.operations);
  if (pathname === '/api/rollout') {
    api.rolloutReads += 1;
    if (api.rollout === null) throw new AlwaysOnError('AON_ROLLOUT_NONE', 'Nothing was rolled out yet.');
    return sendJson(response, api.rollout);
  }
  if (pathname === '/api/events') return sendJson(response, selectEvents(api.events, searchParams));
  if (pathname === '/api/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  const log = /^\/api\/units\/([^/]+)\/log$/.exec(pathname);
  if (log !== null) {
    const lines = Array.from({ length: 30 }, (_, index) => `{"unit":"${log[1]}","line":${index + 1}}`);
    response.writeHead(200, { 'content-type': 'text/plain' }).end(lines.join('\n'));
    return;
  }
  if (pathname.startsWith('/api/')) throw new AlwaysOnError('AON_NOT_FOUND', pathname);
  await sendFile(folder, pathname, response);
}

/** As the journal: the next ones after `after`, else the newest before `before`. */
function selectEvents(events: readonly Event[], query: URLSearchParams): Event[] {
  const after = Number(query.get('after') ?? 0);
  const before = Number(query.get('before') ?? Infinity);
  const limit = Number(query.get('limit') ?? 200);
  const found = events.filter((event) => event.seq > after && event.seq < before);
  return query.get('after') === null ? found.slice(-limit) : found.slice(0, limit);
}

async function answerChange(
  api: ApiServer,
  pathname: string,
  { request, response }: Exchange,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (!api.signedIn) throw new AlwaysOnError('AON_UNAUTHORIZED', 'No session.');
  const { target } = JSON.parse(Buffer.concat(chunks).toString()) as { target: string };
  api.posted.push(`${pathname.replace('/api/', '')} ${target}`);
  if (target === 'control-plane') return api.stop();
  const result: KillResult = { target, kind: 'zone', units: [], message: `Done for ${target}.` };
  sendJson(response, result);
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

async function sendFile(folder: string, pathname: string, response: ServerResponse): Promise<void> {
  const name = extname(pathname) === '' ? '/index.html' : normalize(pathname);
  const content = await readFile(join(folder, name));
  const type = mediaTypes[extname(name)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(content);
}
