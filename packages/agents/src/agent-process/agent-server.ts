import { timingSafeEqual } from 'node:crypto';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import type { AgentLog } from './agent-log.ts';

export interface AgentServerOptions {
  /** The bearer of every route but /readyz, /livez and /metrics. */
  token: string;
  bodyBytesMax?: number;
  log: AgentLog;
}

const open = new Set(['/readyz', '/livez', '/metrics']);

/** The HTTP server of an agent: bearer token, problem documents, nothing of an error's inner text but its catalogue entry. */
export function createAgentServer({ token, bodyBytesMax, log }: AgentServerOptions): FastifyInstance {
  const server = Fastify({
    logger: false,
    // A stopping agent must not wait for a poller's idle connection.
    forceCloseConnections: true,
    ...(bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax }),
  });
  server.addHook('onRequest', async (request, reply) => {
    // Only programs of ours ask: none reads the date, and keeping it wakes the process once more each time.
    reply.raw.sendDate = false;
    const path = request.url.split('?')[0] ?? '';
    if (open.has(path) || isBearer(request.headers.authorization, token)) return;
    const hint = 'Send `Authorization: Bearer <tokens.agents of environment.json>`.';
    throw new AlwaysOnError('AON_UNAUTHORIZED', 'The bearer token is missing or wrong.', { hint });
  });
  server.setNotFoundHandler(async (request) => {
    throw new AlwaysOnError('AON_NOT_FOUND', `There is no ${request.method} ${request.url} here.`);
  });
  server.setErrorHandler(async (error, _request, reply) => {
    const problem = toProblem(toExpected(error));
    if (problem.code === 'AON_INTERNAL') log('request failed', { error: String(error) });
    return reply.code(problem.status).type(problemContentType).send(problem);
  });
  return server;
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Fastify's own refusals (not JSON, too large) are the sender's fault, not ours. */
function toExpected(error: unknown): unknown {
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const status = Number(error.statusCode);
  if (status === 413) return new AlwaysOnError('AON_REQUEST_TOO_LARGE', error.message);
  return status >= 400 && status < 500 ? new AlwaysOnError('AON_REQUEST_INVALID', error.message) : error;
}
