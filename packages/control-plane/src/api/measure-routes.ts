import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { SharesReport } from '@alwayson/protocol/shares.ts';
import { SloReport } from '@alwayson/protocol/slo.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

export interface MeasureSources {
  /** Null while nothing was measured yet. */
  slo: { report(): SloReport | null };
  shares: { report(): SharesReport | null };
}

/** `GET /api/slo` and `GET /api/shares`. */
export function registerMeasureRoutes(server: FastifyInstance, { slo, shares }: MeasureSources): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const sloSchema = { summary: 'Objectives beside what was measured', response: { 200: SloReport } };
  api.get('/api/slo', { schema: sloSchema }, () => orStarting(slo.report(), 'the objectives'));
  const sharesSchema = {
    summary: 'Which stamp gets which traffic, and why',
    response: { 200: SharesReport },
  };
  api.get('/api/shares', { schema: sharesSchema }, () => orStarting(shares.report(), 'the shares'));
}

function orStarting<T>(report: T | null, what: string): T {
  if (report !== null) return report;
  throw new AlwaysOnError('AON_STARTING', `Nothing is known of ${what} yet.`);
}
