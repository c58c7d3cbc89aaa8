import {
  DrillEvidence,
  DrillReport,
  DrillSchedule,
  DrillScheduleRequest,
} from '@alwayson/protocol/drills.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DrillBoard } from '../recovery/drill-board.ts';
import type { DrillSchedules } from '../recovery/drill-schedules.ts';

/** The evidence of drills, and when they begin by themselves: protocol/drills.ts. */
export function registerDrillRoutes(
  server: FastifyInstance,
  { drills: board, drillSchedules: schedules }: { drills: DrillBoard; drillSchedules: DrillSchedules },
): void {
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
  const planned = {
    summary: 'Drills that begin by themselves',
    response: { 200: z.array(DrillSchedule) },
  };
  api.get('/api/drills/schedules', { schema: planned }, () => schedules.list());
  const set = {
    summary: 'Let drills of a mode begin by themselves, or end that',
    body: DrillScheduleRequest,
    response: { 200: z.array(DrillSchedule) },
    security: [{ operator: [] }],
  };
  api.post('/api/drills/schedules', { schema: set }, (request) => schedules.set(request.body));
}
