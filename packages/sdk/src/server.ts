import { randomUUID } from 'node:crypto';
import { metricsPath as defaultMetricsPath } from '@alwayson/protocol/metrics-text.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { HttpProblem, toHttpProblem, toProblemDocument } from './http-problem.ts';
import type { Identity } from './identity.ts';
import type { Log } from './log-line.ts';
import { addMetricsRoute } from './metrics/add-metrics-route.ts';
import { countRequests } from './metrics/request-metrics.ts';
import type { Readiness } from './readiness.ts';
import { traceRequests } from './tracing/trace-requests.ts';

export interface ServerOptions {
  identity: Identity;
  readiness: Readiness;
  log: Log;
  /** Told in `X-Requested-Api-Version` where the path has no `:version`. */
  apiVersion?: string;
  /** Where the stamp agent asks for readiness; as in the manifest. */
  probePath?: string;
  /** Where Prometheus asks, on the component's own port; through the gateway there is nothing here. */
  metricsPath?: string;
  bodyBytesMax?: number;
  /** Requests at work at one time; above it 503 with Retry-After: better than answering all of them late. */
  concurrencyMax?: number;
}

const correlationHeader = 'x-correlation-id';

/** Longer than a gateway keeps an idle connection, so that it never sends a request into a closing one. */
const keepAliveTimeoutMs = 75_000;
const requestTimeoutMs = 15_000;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const versionPattern = /^\d{1,3}\.\d{1,3}$/;

/**
 * A Fastify server with the manners that every component should have: problem+json for every error, correlation and
 * origin headers, JSON only, bounded bodies and bounded concurrency, `/livez` and the probe path. See `serve` to run it.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { identity, readiness, log, apiVersion = '1.0', probePath = '/readyz' } = options;
  const { metricsPath = defaultMetricsPath } = options;
  const ownPaths = [probePath, '/livez', metricsPath];
  const server = fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax ?? 65_536,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // While closing, what still arrives on open connections is served, and the connections are let go.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: ({ headers }) => {
      const given = headers[correlationHeader];
      return typeof given === 'string' && uuidPattern.test(given) ? given : randomUUID();
    },
  });
  server.removeContentTypeParser('text/plain');

  traceRequests(server, ownPaths);
  const requestMetrics = countRequests(server, ownPaths);
  server.addHook('onRequest', async (request, reply) => {
    // Who probes does not read the date, and keeping it wakes the process once more each time.
    if (ownPaths.includes(request.routeOptions.url ?? '')) reply.raw.sendDate = false;
    reply.headers({
      [correlationHeader]: request.id,
      'x-server-name': identity.unit,
      'x-server-location': identity.region,
      'x-requested-api-version': toVersion(request.params) ?? apiVersion,
    });
  });
  boundConcurrency(server, options.concurrencyMax ?? 256, ownPaths);
  server.addHook('onSend', async (_request, reply) => {
    if (readiness.isStopping()) reply.header('connection', 'close');
  });
  const logOutage = createThrottle(log);
  server.setErrorHandler((error, request, reply) => {
    const expected = toHttpProblem(error);
    const facts = { correlationId: request.id, method: request.method, route: request.routeOptions.url };
    if (expected === null) log('request.failed', { ...facts, error: toText(error) });
    else if (expected.status >= 500)
      logOutage('request.refused', { ...facts, code: expected.code, error: toText(error) });
    return sendProblem(expected ?? unexpected(), request, reply);
  });
  server.setNotFoundHandler(() => {
    throw new HttpProblem(404, 'NOT_FOUND', { detail: 'There is nothing at this address.' });
  });

  addMetricsRoute(server, { path: metricsPath, list: requestMetrics.list });
  server.get('/livez', async () => ({ alive: true }));
  server.get(probePath, async (_request, reply) => {
    const report = readiness.report();
    if (!report.ready) reply.status(503).header('retry-after', '1');
    return { ...report, requests: requestMetrics.total() };
  });
  return server;
}

/** Requests over the bound are refused before their body is read. Probes always get through. */
function boundConcurrency(server: FastifyInstance, concurrencyMax: number, exempt: readonly string[]): void {
  let active = 0;
  server.addHook('onRequest', async (request, reply) => {
    if (exempt.includes(request.routeOptions.url ?? '')) return;
    if (active >= concurrencyMax) {
      const detail = 'The service is busy. Try again in a moment.';
      throw new HttpProblem(503, 'BUSY', { detail, retryAfterSeconds: 1 });
    }
    active += 1;
    reply.raw.once('close', () => {
      active -= 1;
    });
  });
}

function unexpected(): HttpProblem {
  return new HttpProblem(500, 'INTERNAL', { detail: 'Something went wrong on our side.' });
}

function sendProblem(problem: HttpProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  return reply
    .status(problem.status)
    .serializer(JSON.stringify)
    .type(problemContentType)
    .send(toProblemDocument(problem, request.id));
}

/** In an outage every request fails for the same reason: a line a second tells it, with the number it stands for. */
function createThrottle(log: Log): Log {
  let silentUntil = -Infinity;
  let unsaid = 0;
  return (event, facts) => {
    if (performance.now() < silentUntil) {
      unsaid += 1;
      return;
    }
    log(event, { ...facts, alsoBefore: unsaid });
    silentUntil = performance.now() + 1000;
    unsaid = 0;
  };
}

/** For the log only: a store's own words where there are any, else where it happened. */
function toText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : (error.stack ?? error.message);
}

function toVersion(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('version' in params)) return undefined;
  const { version } = params;
  return typeof version === 'string' && versionPattern.test(version) ? version : undefined;
}
