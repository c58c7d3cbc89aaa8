import { Operation } from '@alwayson/protocol/operations.ts';
import {
  FailoverQuery,
  FailoverRequest,
  RecoveryPlan,
  RestoreQuery,
  RestoreRequest,
} from '@alwayson/protocol/recovery.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { RecoveryBoard } from '../recovery/recovery-board.ts';

/** Recovery of protocol/recovery.ts. What is begun is answered 202: its operation goes on, and its result is the report. */
export function registerRecoveryRoutes(server: FastifyInstance, board: RecoveryBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const plan = {
    summary: 'What a change of the writing region would do, and whether it may',
    querystring: FailoverQuery,
    response: { 200: RecoveryPlan },
  };
  api.get('/api/failover/plan', { schema: plan }, (request) => board.plan(request.query));
  const begin = {
    summary: 'Move the writer to another region',
    body: FailoverRequest,
    response: { 202: Operation },
    security: [{ operator: [] }],
  };
  api.post('/api/failover', { schema: begin }, async (request, reply) =>
    reply.status(202).send(await board.begin(request.body)),
  );
  const planRestore = {
    summary: 'What a restore would do, and whether it may',
    querystring: RestoreQuery,
    response: { 200: RecoveryPlan },
  };
  api.get('/api/restore/plan', { schema: planRestore }, (request) => board.planRestore(request.query));
  const beginRestore = {
    summary: 'Put the data of a former moment in the place of the present',
    body: RestoreRequest,
    response: { 202: Operation },
    security: [{ operator: [] }],
  };
  api.post('/api/restore', { schema: beginRestore }, async (request, reply) =>
    reply.status(202).send(await board.beginRestore(request.body)),
  );
}
