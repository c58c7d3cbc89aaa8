import type { Image } from '#db/images.ts';
import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyInstance } from 'fastify';
import { sendNotModified } from './answers.ts';
import { hasAnswer } from './item-etag.ts';

/** Pictures may change with a release under the same name: an hour without asking, then by ETag. */
const cacheControl = 'public, max-age=3600, stale-while-revalidate=86400';
/** An SVG that is opened by itself must not run anything. */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";

export function addImageRoutes(server: FastifyInstance, images: ReadonlyMap<string, Image>): void {
  server.get<{ Params: { name: string } }>('/images/:name', async (request, reply) => {
    const image = images.get(request.params.name);
    if (image === undefined) throw new HttpProblem(404, 'NOT_FOUND', { detail: 'There is no such picture.' });
    reply.headers({
      etag: image.etag,
      'cache-control': cacheControl,
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
    });
    const seen = request.headers['if-none-match'];
    if (seen !== undefined && hasAnswer(seen, image.etag)) return sendNotModified(reply);
    return reply.type('image/svg+xml').send(image.body);
  });
}
