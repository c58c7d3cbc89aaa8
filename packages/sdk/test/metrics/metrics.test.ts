import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { HttpProblem } from '../../src/http-problem.ts';
import { readIdentity } from '../../src/identity.ts';
import { countQueueWrite, showConsumer } from '../../src/metrics/queue-metrics.ts';
import { countSqlCall } from '../../src/metrics/sql-metrics.ts';
import { createReadiness } from '../../src/readiness.ts';
import { createServer } from '../../src/server.ts';
import { warmUp } from '../../src/warm-up.ts';

let server: FastifyInstance;
afterEach(() => server.close());

function open(metricsPath?: string) {
  server = createServer({
    identity: readIdentity({}),
    readiness: createReadiness(),
    log: () => {},
    ...(metricsPath === undefined ? {} : { metricsPath }),
  });
  server.get('/things/:id', async () => ({ ok: true }));
  server.get('/refused', async () => {
    throw new HttpProblem(503, 'BUSY', { detail: 'no' });
  });
}

const scrape = async (path = '/metrics') => (await server.inject(path)).body;
/** Name with labels -> value; every line must be one that Prometheus reads. */
const read = async (path?: string) => {
  const lines = (await scrape(path)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, series = '', value] =
        /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})?) ([0-9.e+-]+)$/i.exec(line) ?? [];
      expect(value, line).toBeDefined();
      return [series, Number(value)];
    }),
  );
};

test('requests count by route, method and class, with their durations', async () => {
  open();
  await warmUp(server, { paths: ['/things/1'], rounds: 20 });
  for (const path of ['/things/1', '/things/2', '/refused', '/nowhere', '/else', '/readyz', '/livez'])
    await server.inject(path);
  await server.inject({ method: 'POST', url: '/nowhere' });
  const series = await read();
  const name = 'alwayson_http_requests_total';
  expect(Object.fromEntries([...series].filter(([key]) => key.startsWith(name)))).toEqual({
    [`${name}{method="GET",route="/things/:id",class="2xx"}`]: 2,
    [`${name}{method="GET",route="/refused",class="5xx"}`]: 1,
    [`${name}{method="",route="",class="4xx"}`]: 3,
  });
  const duration = 'alwayson_http_request_duration_seconds';
  expect(series.get(`${duration}_bucket{method="GET",route="/things/:id",le="+Inf"}`)).toBe(2);
  expect(series.get(`${duration}_count{method="GET",route="/things/:id"}`)).toBe(2);
  expect(series.get('alwayson_http_requests_in_flight')).toBe(0);
});

test('the process tells of its CPU, memory and event loop', async () => {
  open();
  await scrape();
  await server.inject('/things/1');
  const series = await read();
  expect(series.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(series.get('nodejs_eventloop_seconds_total{state="active"}')).toBeGreaterThan(0);
  expect(series.get('nodejs_eventloop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
});

test('stores and queues are told once they were used', async () => {
  open();
  expect(await scrape()).not.toContain('alwayson_sql_');
  expect(await scrape()).not.toContain('alwayson_queue_');
  countSqlCall('read', performance.now() - 30)('ok');
  countSqlCall('write', performance.now())('unavailable');
  countQueueWrite('accepted');
  const stats = {
    depth: 7,
    oldestAgeMs: 1500,
    appliedTotal: 40,
    deadLettersTotal: 1,
    lagMs: 20,
    shards: ['west/1', 'west/2'],
  };
  const hide = showConsumer(() => stats);
  const series = await read();
  expect(series.get('alwayson_sql_calls_total{call="read",outcome="ok"}')).toBe(1);
  expect(series.get('alwayson_sql_calls_total{call="write",outcome="unavailable"}')).toBe(1);
  expect(series.get('alwayson_sql_call_duration_seconds_bucket{call="read",le="0.02"}')).toBe(0);
  expect(series.get('alwayson_sql_call_duration_seconds_bucket{call="read",le="0.5"}')).toBe(1);
  expect(series.get('alwayson_queue_writes_total{outcome="accepted"}')).toBe(1);
  expect(series.get('alwayson_queue_depth')).toBe(7);
  expect(series.get('alwayson_queue_oldest_age_seconds')).toBe(1.5);
  expect(series.get('alwayson_queue_shards')).toBe(2);
  hide();
  expect(await scrape()).not.toContain('alwayson_queue_depth');
});

test('what came through a gateway finds nothing there, and the path can be another', async () => {
  open('/internal/figures');
  expect((await read('/internal/figures')).size).toBeGreaterThan(5);
  expect((await server.inject('/metrics')).statusCode).toBe(404);
  const outside = await server.inject({
    url: '/internal/figures',
    headers: { 'x-forwarded-for': '198.51.100.7' },
  });
  expect(outside.statusCode).toBe(404);
  expect(outside.json()).toMatchObject({ code: 'NOT_FOUND' });
});
