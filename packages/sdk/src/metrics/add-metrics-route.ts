import {
  type MetricFamily,
  metricsContentType,
  renderMetricFamilies,
} from '@alwayson/protocol/metrics-text.ts';
import { listProcessMetrics } from '@alwayson/protocol/process-metrics.ts';
import type { FastifyInstance } from 'fastify';
import { listEventLoopDelay } from './event-loop-delay.ts';
import { listQueueMetrics } from './queue-metrics.ts';
import { listSqlMetrics } from './sql-metrics.ts';

export interface MetricsRouteOptions {
  path: string;
  /** Of the server that has the route. */
  list(): MetricFamily[];
}

/**
 * Prometheus text on the component's own port. The gateway sets `x-forwarded-for` on every request and lets no client's pass, so
 * what carries it comes from outside, where the route does not exist.
 */
export function addMetricsRoute(server: FastifyInstance, { path, list }: MetricsRouteOptions): void {
  server.get(path, async (request, reply) => {
    if (request.headers['x-forwarded-for'] !== undefined) return reply.callNotFound();
    const families = [...listProcess(), ...listEventLoopDelay(), ...list(), ...listSqlMetrics()];
    return reply.type(metricsContentType).send(renderMetricFamilies([...families, ...listQueueMetrics()]));
  });
}

function listProcess(): MetricFamily[] {
  return listProcessMetrics({
    cpu: process.cpuUsage(),
    memory: process.memoryUsage(),
    eventLoop: performance.eventLoopUtilization(),
    startedAt: performance.timeOrigin,
  });
}
