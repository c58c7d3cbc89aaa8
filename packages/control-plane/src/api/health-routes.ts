import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { HealthExplanation, HealthReport } from '@alwayson/protocol/health.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HealthController } from '../health/health-controller.ts';
import { findNearestIds } from '../health/nearest-ids.ts';

export interface HealthSource {
  health: Pick<HealthController, 'report' | 'explain'>;
}

/** `GET /api/health` and `GET /api/health/:entity`. */
export function registerHealthRoutes(server: FastifyInstance, { health }: HealthSource): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const whole = { summary: 'The health of everything, parents first', response: { 200: HealthReport } };
  const read = (): HealthReport => {
    const report = health.report();
    if (report !== null) return report;
    throw new AlwaysOnError('AON_STARTING', 'Health was not evaluated yet.');
  };
  api.get('/api/health', { schema: whole }, read);
  const one = {
    summary: 'Why one entity is in its state, and what would clear it',
    params: z.object({ entity: z.string() }),
    response: { 200: HealthExplanation },
  };
  api.get('/api/health/:entity', { schema: one }, ({ params: { entity } }) => {
    const ids = read().entities.map(({ id }) => id);
    const explanation = health.explain(entity);
    if (explanation !== undefined) return explanation;
    const nearest = findNearestIds(entity, ids);
    const meant = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(' or ')}?`;
    const hint = 'See ./alwayson health --all for what there is.';
    throw new AlwaysOnError('AON_NOT_FOUND', `The health model has nothing called ${entity}.${meant}`, {
      hint,
    });
  });
}
