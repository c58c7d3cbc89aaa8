import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '@alwayson/sdk/identity.ts';
import type { Log } from '@alwayson/sdk/log-line.ts';
import type { Readiness } from '@alwayson/sdk/readiness.ts';
import { createServer } from '@alwayson/sdk/server.ts';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { renderContentSecurityPolicy } from './content-security-policy.ts';
import { type Document, documentName } from './document.ts';

export interface WebServerOptions {
  identity: Identity;
  readiness: Readiness;
  log: Log;
  /** The folder that build.ts filled. */
  buildDir: string;
  document: Document;
}

/** Serves the built front end. All pages of the single-page application answer with the one document. */
export async function createWebServer(options: WebServerOptions): Promise<FastifyInstance> {
  const { buildDir, document, readiness } = options;
  const server = createServer(options);
  const headers = renderHeaders(document.html);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    if (request.routeOptions.url === '/readyz') readiness.block(findFault(buildDir));
  });
  await server.register(fastifyStatic, {
    root: buildDir,
    wildcard: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    lastModified: false,
    setHeaders: (reply) => {
      reply.header('cache-control', 'no-cache');
    },
  });
  server.get('/*', (request, reply) =>
    isPageVisit(request) ? document.send(request, reply) : reply.callNotFound(),
  );
  return server;
}

function renderHeaders(html: string): Record<string, string> {
  return {
    'content-security-policy': renderContentSecurityPolicy(html),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

/** Not by way of the thread pool: each probe would wake another thread, and this one a second time. */
function findFault(buildDir: string): string | null {
  const isThere = existsSync(join(buildDir, documentName));
  return isThere ? null : 'The built front end is gone from its folder.';
}

/** Paths of the API, should they ever be routed here, and names of files are no pages. */
function isPageVisit({ url, headers }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0] ?? '/';
  const isPagePath = !/^\/(catalogservice|healthservice|images)\/|\.[^/]*$/.test(path);
  return isPagePath && /text\/html|\*\/\*/.test(headers.accept ?? '*/*');
}
