import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { reportStampHealth, type StampReport } from '@alwayson/core/stamp-health/report-stamp-health.ts';
import { renderProcessMetrics } from '@alwayson/engines/process/render-process-metrics.ts';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import { probeTokenHeader, type StampHealth, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { type Answer, answerChecks } from './answer-checks.ts';
import type { Evaluation } from './evaluation.ts';
import { renderStampMetrics } from './stamp-metrics.ts';
import type { StampSettings } from './stamp-settings.ts';

export interface StampServerOptions {
  settings: StampSettings;
  evaluation: Evaluation;
  now(): number;
  log: AgentLog;
}

/**
 * `GET|HEAD /healthservice/health/stamp` (probe token or API key), `/livez`, `/readyz`, `/metrics` (open),
 * `POST /drain|/undrain` (bearer of agents). Everything is answered from memory.
 */
export function createStampServer({ settings, evaluation, now, log }: StampServerOptions): FastifyInstance {
  const { tokens } = settings.environment;
  const report = () =>
    reportStampHealth(evaluation.state(), {
      ...settings,
      staleAfterMs: evaluation.staleAfterMs(),
      now: now(),
    });
  const answer = () => answerHealth(report(), settings, evaluation.lastExecution());
  const health = createHealthHandler(tokens, answer);
  const server = Fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 1024,
    // The health endpoint is asked several times a second by every gateway: it is answered before the framework, which
    // would take more time for it than everything else together.
    serverFactory: (handle) => {
      const http = createServer((request, response) => {
        response.sendDate = false; // nobody reads it, and keeping it wakes the process once more each time
        if (request.url === stampHealthPath && (request.method === 'GET' || request.method === 'HEAD'))
          health(request, response);
        else handle(request, response);
      });
      answerChecks(http, (token) => (isSame(token, tokens.probe) ? answer() : null));
      return http;
    },
  });

  server.setErrorHandler(sendProblem);
  server.setNotFoundHandler(async (request) => {
    throw new AlwaysOnError('AON_NOT_FOUND', `There is no ${request.method} ${request.url} here.`);
  });

  server.get('/livez', async () => ({ alive: true }));
  // Ready to answer for its stamp, whatever the answer: what the answer is decides nothing about this process.
  server.get('/readyz', async () => ({ ready: true }));
  server.get('/metrics', async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4')
      .send(renderProcessMetrics() + renderStampMetrics({ settings, evaluation, report: report() })),
  );
  for (const drained of [true, false]) {
    server.post(drained ? '/drain' : '/undrain', async (request) => {
      requireBearer(request, tokens.agents);
      evaluation.setDrained(drained);
      log(drained ? 'drained' : 'undrained');
      return toHealth({ settings, ...report(), lastExecution: evaluation.lastExecution() });
    });
  }
  return server;
}

function createHealthHandler(
  { probe, apiKeys }: StampSettings['environment']['tokens'],
  answer: () => Answer,
) {
  const forbidden = new AlwaysOnError(
    'AON_FORBIDDEN',
    'Only gateways and operators may ask for the health of a stamp.',
  );
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { [probeTokenHeader]: token, 'x-api-key': apiKey } = request.headers;
    if (!isSame(token, probe) && !apiKeys.some((key) => isSame(apiKey, key))) {
      const problem = toProblem(forbidden);
      response.writeHead(problem.status, { 'content-type': problemContentType });
      response.end(JSON.stringify(problem));
      return;
    }
    const { status, headers, body } = answer();
    response.writeHead(status, headers);
    response.end(body);
  };
}

function answerHealth(
  { mayServe, state, checks }: StampReport,
  settings: StampSettings,
  lastExecution: string,
): Answer {
  return {
    status: mayServe ? 200 : 503,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-alwayson-state': state,
      ...(mayServe ? {} : { 'retry-after': '1' }),
    },
    body: JSON.stringify(toHealth({ settings, state, checks, lastExecution })),
  };
}

interface HealthInput extends Pick<StampReport, 'state' | 'checks'> {
  settings: StampSettings;
  lastExecution: string;
}

function toHealth({ settings, state, checks, lastExecution }: HealthInput): StampHealth {
  const { stamp, release, region, zone } = settings;
  const told = checks.map((check) => ({ ...check, duration: check.durationMs }));
  return { stamp, release, region, zone, state, lastExecution, checks: told };
}

function requireBearer({ headers }: FastifyRequest, token: string): void {
  if (isSame(headers.authorization, `Bearer ${token}`)) return;
  const hint = 'Send `Authorization: Bearer <tokens.agents of environment.json>`.';
  throw new AlwaysOnError('AON_UNAUTHORIZED', 'The bearer token is missing or wrong.', { hint });
}

/** In constant time for a text of the right length. */
function isSame(given: string | string[] | undefined, wanted: string): boolean {
  if (typeof given !== 'string' || given.length !== wanted.length) return false;
  return timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(wanted, 'latin1'));
}

function sendProblem(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  return reply.status(problem.status).type(problemContentType).send(problem);
}
