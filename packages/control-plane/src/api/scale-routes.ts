import { ScaleAnswer, ScaleRequest } from '@alwayson/protocol/releases.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ScaleController } from '../scale/scale-controller.ts';

/** A change is answered 202: its operation goes on until the stamps serve, or are gone. */
export function registerScaleRoutes(server: FastifyInstance, scale: Pick<ScaleController, 'order'>): void {
  const schema = {
    summary: 'Set the number of stamps in zones',
    body: ScaleRequest,
    response: { 200: ScaleAnswer, 202: ScaleAnswer },
    security: [{ operator: [] }],
  };
  server.withTypeProvider<ZodTypeProvider>().post('/api/scale', { schema }, async (request, reply) => {
    const answer = await scale.order(request.body);
    return reply.status(answer.changed ? 202 : 200).send(answer);
  });
}
