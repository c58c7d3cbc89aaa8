import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const building = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>AlwaysOn</title>
<p style="font: 1rem system-ui; margin: 4rem auto; max-width: 30rem">The console is being built (first start only). This page follows by itself.</p>`;

/** Serves the built console; a page that explains itself while the first build runs. Unknown paths get the app. */
export async function registerConsole(
  server: FastifyInstance,
  consoleDir: () => string | null,
): Promise<void> {
  await server.register(fastifyStatic, { root: import.meta.dirname, serve: false, cacheControl: false });
  server.get('/*', { schema: { hide: true } }, (request, reply) => {
    reply.header('content-security-policy', policy).header('x-content-type-options', 'nosniff');
    const root = consoleDir();
    if (root === null)
      return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(building);
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const isAsset = path.startsWith('/assets/') || (path !== '/' && existsSync(join(root, path)));
    reply.header(
      'cache-control',
      path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    return reply.sendFile(isAsset ? path : 'index.html', root);
  });
}
