import { createHash, timingSafeEqual } from 'node:crypto';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { metricsPath } from '@alwayson/protocol/metrics-text.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type HostLog, messageOf } from './host-log.ts';

/** A unit's files travel in its spec. */
const bodyBytesMax = 4 * 1024 * 1024;

/** A server that answers nobody without the token, for its metrics excepted, and tells errors as problem details. */
export function createHostServer(token: string, log: HostLog): FastifyInstance {
  const server = Fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true });
  const expected = digest(`Bearer ${token}`);
  server.addHook('onRequest', async (request) => {
    if (request.routeOptions.url === metricsPath) return;
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    throw new AlwaysOnError('AON_UNAUTHORIZED', 'This host answers only to the token of its environment.');
  });
  // A body is JSON whatever its type says; none is an empty document.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(String(body)));
    } catch {
      done(new AlwaysOnError('AON_USAGE', 'The body is not JSON.'));
    }
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `A host has no ${request.method} ${request.url.split('?')[0]}.`;
    return sendProblem(reply, new AlwaysOnError('AON_NOT_FOUND', message));
  });
  server.setErrorHandler((error, request, reply) => {
    const known = toKnown(error);
    if (toProblem(known).code === 'AON_INTERNAL') {
      log('request.failed', { method: request.method, url: request.url, error: messageOf(error) });
    }
    return sendProblem(reply, known);
  });
  return server;
}

/** Aborted when the caller went away before it got its answer. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

function sendProblem(reply: FastifyReply, error: unknown) {
  const problem = toProblem(error);
  return reply.status(problem.status).type(problemContentType).send(problem);
}

/** Fastify's own refusals (too large, malformed) are the caller's mistakes. */
function toKnown(error: unknown): unknown {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? new AlwaysOnError('AON_USAGE', messageOf(error)) : error;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
