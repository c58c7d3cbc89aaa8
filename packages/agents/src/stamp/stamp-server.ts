import { createHash, timingSafeEqual } from 'node:crypto';
import { reportStampHealth, type StampReport } from '@alwayson/core/stamp-health/report-stamp-health.ts';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import { probeTokenHeader, type StampHealth, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { type Evaluation, toStaleAfterMs } from './evaluation.ts';
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
  const server = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1024 });
  const staleAfterMs = toStaleAfterMs(settings.components);
  const report = () => reportStampHealth(evaluation.state(), { ...settings, staleAfterMs, now: now() });

  server.setErrorHandler(sendProblem);
  server.setNotFoundHandler(async (request) => {
    throw new AlwaysOnError('AON_NOT_FOUND', `There is no ${request.method} ${request.url} here.`);
  });

  server.get(stampHealthPath, async (request, reply) => {
    const { [probeTokenHeader]: probeToken, 'x-api-key': apiKey } = request.headers;
    if (!isSame(probeToken, tokens.probe) && !tokens.apiKeys.some((key) => isSame(apiKey, key))) {
      throw new AlwaysOnError(
        'AON_FORBIDDEN',
        'Only gateways and operators may ask for the health of a stamp.',
      );
    }
    const { mayServe, state, checks } = report();
    reply.status(mayServe ? 200 : 503).headers({ 'cache-control': 'no-store', 'x-alwayson-state': state });
    if (!mayServe) reply.header('retry-after', '1');
    return toHealth({ settings, state, checks, lastExecution: evaluation.lastExecution() });
  });
  server.get('/livez', async () => ({ alive: true }));
  // Ready to answer for its stamp, whatever the answer: what the answer is decides nothing about this process.
  server.get('/readyz', async () => ({ ready: true }));
  server.get('/metrics', async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4')
      .send(renderStampMetrics({ settings, evaluation, report: report() })),
  );
  for (const drained of [true, false]) {
    server.post(drained ? '/drain' : '/undrain', async (request) => {
      requireBearer(request, tokens.agents);
      evaluation.setDrained(drained);
      log(drained ? 'drained' : 'undrained');
      const { state, checks } = report();
      return toHealth({ settings, state, checks, lastExecution: evaluation.lastExecution() });
    });
  }
  return server;
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

/** In constant time, also for another length. */
function isSame(given: string | string[] | undefined, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function sendProblem(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  return reply.status(problem.status).type(problemContentType).send(problem);
}
