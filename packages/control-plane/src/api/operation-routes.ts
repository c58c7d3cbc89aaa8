import { OperationOrder } from '@alwayson/protocol/control-api.ts';
import { Operation } from '@alwayson/protocol/operations.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findOperation, type OperationBoard } from '../operations/operation-board.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';

const listedMax = 200;

/** Operations of protocol/operations.ts. What is ordered is answered 202: the operation has not ended then. */
export function registerOperationRoutes(
  server: FastifyInstance,
  { journal, operations }: { journal: SqliteJournal; operations: OperationBoard },
): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ id: z.string() });
  const list = { summary: 'Operations, newest first', response: { 200: z.array(Operation) } };
  api.get('/api/operations', { schema: list }, () => journal.operations(listedMax));
  const one = { summary: 'One operation', params, response: { 200: Operation } };
  api.get('/api/operations/:id', { schema: one }, (request) => findOperation(journal, request.params.id));
  const order = {
    params,
    body: OperationOrder,
    response: { 202: Operation },
    security: [{ operator: [] }],
  };
  const cancel = { ...order, summary: 'Lead an operation back, before its point of no return' };
  api.post('/api/operations/:id/cancel', { schema: cancel }, async ({ params: { id }, body }, reply) =>
    reply.status(202).send(await operations.cancel(id, body.owner)),
  );
  const resume = { ...order, summary: 'Let an operation go on that stands still or failed too early' };
  api.post('/api/operations/:id/resume', { schema: resume }, async ({ params: { id }, body }, reply) =>
    reply.status(202).send(await operations.resume(id, body.owner)),
  );
}
