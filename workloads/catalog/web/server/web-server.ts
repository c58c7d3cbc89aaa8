import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { renderContentSecurityPolicy } from './content-security-policy.ts';

export interface WebServerOptions {
  /** The folder that build.ts filled. */
  buildDir: string;
  /** The text of its index.html. */
  html: string;
  unit: string;
  region: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Longer than the gateway keeps its idle connections, so that the gateway is the one to close them. */
const keepAliveMs = 75_000;

/** Serves the built front end. Pages of the single-page application all answer with the one document. */
export async function createWebServer(options: WebServerOptions): Promise<FastifyInstance> {
  const server = Fastify({ logger: false, keepAliveTimeout: keepAliveMs, forceCloseConnections: 'idle' });
  const headers = renderHeaders(options);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...headers, 'x-correlation-id': readCorrelationId(request) });
  });
  server.get('/readyz', async (_request, reply) => {
    const reason = await findFault(options.buildDir);
    reply.header('cache-control', 'no-store');
    return reason === null ? { ready: true } : reply.code(503).send({ ready: false, reason });
  });
  await server.register(fastifyStatic, {
    root: options.buildDir,
    preCompressed: true,
    // The document is asked for again with its ETag, so that a visitor gets a new release with the next page load.
    cacheControl: false,
    lastModified: false,
    setHeaders: (reply) => {
      reply.header('cache-control', 'no-cache');
    },
  });
  server.setNotFoundHandler((request, reply) =>
    isPageVisit(request) ? reply.sendFile('index.html') : sendNotFound(request, reply),
  );
  return server;
}

function renderHeaders({ html, unit, region }: WebServerOptions): Record<string, string> {
  return {
    'content-security-policy': renderContentSecurityPolicy(html),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-server-location': region,
    'x-server-name': unit,
  };
}

function readCorrelationId(request: FastifyRequest): string {
  const given = request.headers['x-correlation-id'];
  return typeof given === 'string' && uuid.test(given) ? given : randomUUID();
}

async function findFault(buildDir: string): Promise<string | null> {
  try {
    await access(join(buildDir, 'index.html'));
    return null;
  } catch {
    return 'The built front end is gone from its folder.';
  }
}

/** Paths of the API, should they ever be routed here, and names of files are no pages. */
function isPageVisit({ method, url, headers }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0] ?? '/';
  const isPagePath = !/^\/(catalogservice|healthservice|images)\/|\.[^/]*$/.test(path);
  const wantsHtml = /text\/html|\*\/\*/.test(headers.accept ?? '*/*');
  return (method === 'GET' || method === 'HEAD') && isPagePath && wantsHtml;
}

function sendNotFound(request: FastifyRequest, reply: FastifyReply) {
  return reply
    .code(404)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      code: 'AON_NOT_FOUND',
      detail: `There is nothing at ${request.method} ${request.url.split('?', 1)[0]}.`,
      correlationId: reply.getHeader('x-correlation-id'),
    });
}
