import type { MetricFamily } from '@alwayson/protocol/metrics-text.ts';
import type { FastifyInstance } from 'fastify';
import { isWarmUp } from '../warm-up.ts';
import { createLatencyCounter, type LatencyCounter } from './latency-counter.ts';

interface Route {
  labels: { method: string; route: string };
  classes: Map<string, number>;
  latency: LatencyCounter;
}

export interface RequestMetrics {
  /** Begun since the start of this process. */
  total(): number;
  list(): MetricFamily[];
}

/** What has no route; its methods are the client's choice. */
const noRoute = { method: '', route: '' };

/** Counts the requests of all but `exempt` routes, by route as it was declared: as many series as there are routes. */
export function countRequests(server: FastifyInstance, exempt: readonly string[]): RequestMetrics {
  const routes = new Map<string, Route>();
  let active = 0;
  let total = 0;

  const count = (labels: Route['labels'], status: string, durationMs: number) => {
    const key = `${labels.method} ${labels.route}`;
    const route = routes.get(key) ?? { labels, classes: new Map(), latency: createLatencyCounter() };
    routes.set(key, route);
    route.classes.set(status, (route.classes.get(status) ?? 0) + 1);
    route.latency.add(durationMs);
  };

  server.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    if (exempt.includes(url ?? '') || isWarmUp(request.headers)) return done();
    const startedAt = performance.now();
    active += 1;
    total += 1;
    reply.raw.once('close', () => {
      active -= 1;
      const status = reply.raw.writableEnded ? `${Math.floor(reply.statusCode / 100)}xx` : 'none';
      const labels = url === undefined ? noRoute : { method: request.method, route: url };
      count(labels, status, performance.now() - startedAt);
    });
    done();
  });

  return {
    total: () => total,
    list: () => [
      {
        name: 'alwayson_http_requests_in_flight',
        type: 'gauge',
        help: 'Requests at work now.',
        samples: [{ value: active }],
      },
      {
        name: 'alwayson_http_requests_total',
        type: 'counter',
        help: 'Requests by route and class of status; none: the client left before the answer.',
        samples: [...routes.values()].flatMap(({ labels, classes }) =>
          [...classes].map(([status, value]) => ({ labels: { ...labels, class: status }, value })),
        ),
      },
      {
        name: 'alwayson_http_request_duration_seconds',
        type: 'histogram',
        help: 'From the head of the request to the end of the answer.',
        samples: [...routes.values()].flatMap(({ labels, latency }) => latency.samples({ ...labels })),
      },
    ],
  };
}
