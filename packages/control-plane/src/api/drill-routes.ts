import { DrillEvidence, DrillReport } from '@alwayson/protocol/drills.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DrillBoard } from '../recovery/drill-board.ts';

/** The evidence of drills, protocol/drills.ts. */
export function registerDrillRoutes(server: FastifyInstance, board: DrillBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const list = { summary: 'Drills, newest first', response: { 200: z.array(DrillReport) } };
  api.get('/api/drills', { schema: list }, () => [...board.list()]);
  const file = {
    summary: 'Judge and file what a drill measured',
    body: DrillEvidence,
    response: { 201: DrillReport },
    security: [{ operator: [] }],
  };
  api.post('/api/drills', { schema: file }, async (request, reply) =>
    reply.status(201).send(board.file(request.body)),
  );
}
