import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import negotiate from '@fastify/accept-negotiator';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const documentName = 'index.html';

/** The one document of the shop. */
export interface Document {
  readonly html: string;
  send(request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/**
 * Holds it in memory, in every form that build.ts made: read from its file for each visitor it took six times the processor time
 * (1.4 ms against 0.23 ms). And so it leaves in one piece; what is half sent when the process is killed is lost to its visitor. Throws when there is none.
 */
export async function readDocument(buildDir: string): Promise<Document> {
  const read = (suffix: string) => readFile(join(buildDir, documentName + suffix));
  const [identity, br, gzip] = await Promise.all([read(''), read('.br'), read('.gz')]);
  const forms = { br, gzip, identity };
  const etag = `W/"${hash('sha256', identity, 'base64url')}"`;

  return {
    html: identity.toString(),
    send({ headers }, reply) {
      // The document is asked for again with its ETag, so that a visitor gets a new release with the next page load.
      reply.headers({ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' });
      if (headers['if-none-match']?.includes(etag) === true) return reply.code(304).send();
      const form = negotiate(headers['accept-encoding'] ?? '', ['br', 'gzip']) ?? 'identity';
      if (form !== 'identity') reply.header('content-encoding', form);
      return reply.type('text/html; charset=utf-8').send(forms[form]);
    },
  };
}
