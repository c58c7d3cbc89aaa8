import { AcknowledgeRequest, Alert, AlertsQuery } from '@alwayson/protocol/alerts.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AlertsController } from '../alerts/alerts-controller.ts';

/** `GET /api/alerts?state=` and `POST /api/alerts/:id/acknowledge`. */
export function registerAlertRoutes(
  server: FastifyInstance,
  alerts: Pick<AlertsController, 'alerts' | 'acknowledge'>,
): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const list = {
    summary: 'Alerts, one for each root cause; open ones first, the worst of them on top',
    querystring: AlertsQuery,
    response: { 200: z.array(Alert) },
  };
  api.get('/api/alerts', { schema: list }, (request) => alerts.alerts(request.query));
  const acknowledge = {
    summary: 'Take an alert on: it is not sent again unless it gets worse',
    params: z.object({ id: z.string() }),
    body: AcknowledgeRequest,
    response: { 200: Alert },
    security: [{ operator: [] }],
  };
  api.post('/api/alerts/:id/acknowledge', { schema: acknowledge }, (request) =>
    alerts.acknowledge(request.params.id, request.body),
  );
}
