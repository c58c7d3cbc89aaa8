import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { metricsContentType, metricsPath } from '@alwayson/protocol/metrics-text.ts';
import { hostRoutes, TaskRequest, UnitSpec } from '@alwayson/protocol/units.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { renderHostMetrics } from './host-metrics.ts';
import { goneSignal } from './host-server.ts';
import type { Supervisor } from './supervisor.ts';
import { followLog, tailLog } from './unit-log.ts';
import { unitLogFile } from './unit-process.ts';
import { runTask } from './unit-task.ts';

/** How long an answer may take to leave before the process goes without it. */
const answerMostMs = 1000;

const WaitQuery = z.object({
  after: z.coerce.number().optional(),
  waitMs: z.coerce.number().min(0).default(0),
});
const RemoveQuery = z.object({ purge: z.enum(['true', 'false']).default('false') });
const LogQuery = z.object({
  lines: z.coerce.number().int().min(0).max(10_000).default(100),
  follow: z.enum(['true', 'false']).default('false'),
});
const SignalBody = z.object({
  signal: z.enum([
    'SIGHUP',
    'SIGINT',
    'SIGQUIT',
    'SIGTERM',
    'SIGKILL',
    'SIGUSR1',
    'SIGUSR2',
    'SIGSTOP',
    'SIGCONT',
  ]),
});
const UnitParams = z.object({ id: z.string() });

export interface HostControls {
  supervisor: Supervisor;
  /** Ends the whole zone at once, this process included. */
  outage(): void;
  /** Stops all units. */
  shutdown(): Promise<void>;
  /** Ends this process. */
  exit(): void;
}

/** The routes that every host answers (see `hostRoutes` in protocol). */
export function registerHostRoutes(server: FastifyInstance, controls: HostControls): void {
  const { supervisor } = controls;
  server.get(hostRoutes.host, async (request, reply) => {
    const { after, waitMs } = check(WaitQuery, request.query);
    if (after !== undefined) await supervisor.feed.wait(after, waitMs, goneSignal(reply));
    return supervisor.status();
  });
  server.get(metricsPath, (_request, reply) =>
    reply.type(metricsContentType).send(renderHostMetrics(supervisor.status())),
  );
  registerUnitRoutes(server, supervisor);
  server.post(hostRoutes.outage, async (_request, reply) => {
    reply.raw.once('close', () => controls.outage());
    return reply.status(202).send({});
  });
  server.post(hostRoutes.shutdown, (_request, reply) => answerAndExit(reply, controls, controls.shutdown()));
}

/** Answers when all is down, then lets the process go; a caller that has left does not hold it up. */
export async function answerAndExit(
  reply: FastifyReply,
  { exit }: Pick<HostControls, 'exit'>,
  down: Promise<void>,
): Promise<object> {
  const answered = new Promise((resolve) => reply.raw.once('close', resolve));
  await down;
  void Promise.race([answered, sleep(answerMostMs)]).then(exit);
  return {};
}

function registerUnitRoutes(server: FastifyInstance, supervisor: Supervisor): void {
  const route = '/units/:id';
  const unitOf = (params: unknown) => supervisor.unit(check(UnitParams, params).id);

  server.put(route, async ({ params, body }) => {
    const spec = check(UnitSpec, body);
    const { id } = check(UnitParams, params);
    if (spec.id !== id) throw new AlwaysOnError('AON_USAGE', `The spec is of ${spec.id}, the path of ${id}.`);
    return supervisor.apply(spec);
  });
  server.delete(route, async ({ params, query }) => {
    await supervisor.remove(unitOf(params).spec.id, check(RemoveQuery, query).purge === 'true');
    return {};
  });
  server.post(`${route}/start`, ({ params }) => unitOf(params).start());
  server.post(`${route}/stop`, ({ params }) => unitOf(params).stop());
  server.post(`${route}/restart`, ({ params }) => unitOf(params).restart());
  server.post(`${route}/kill`, ({ params }) => unitOf(params).kill());
  server.post(`${route}/signal`, async ({ params, body }) => {
    return unitOf(params).signal(check(SignalBody, body).signal);
  });
  server.post(`${route}/tasks`, async ({ params, body }, reply) => {
    const { spec } = unitOf(params);
    const request = { ...check(TaskRequest, body), gone: goneSignal(reply) };
    return runTask(supervisor.config, spec, request);
  });
  server.get(`${route}/log`, async ({ params, query }, reply) => {
    const { lines, follow } = check(LogQuery, query);
    const file = unitLogFile(supervisor.config, unitOf(params).spec.id);
    reply.type('text/plain; charset=utf-8');
    if (follow === 'false') return reply.send(await tailLog(file, lines));
    return reply.send(Readable.from(followLog(file, lines, goneSignal(reply))));
  });
}

/** Checks what a caller sent. Throws AON_USAGE that names every wrong field. */
function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the request'}: ${message}`,
  );
  throw new AlwaysOnError('AON_USAGE', `The request is not as the host wants it: ${faults.join('; ')}.`);
}
