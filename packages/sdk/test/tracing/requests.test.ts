import { request } from 'node:http';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { HttpProblem } from '../../src/http-problem.ts';
import { readIdentity } from '../../src/identity.ts';
import { createReadiness } from '../../src/readiness.ts';
import { createServer } from '../../src/server.ts';
import { startTracing, stopTracing } from '../../src/tracing/start-tracing.ts';
import { currentTracer, inSpan } from '../../src/tracing/tracer.ts';
import { eventually } from '../support/eventually.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';

const identity = readIdentity({
  ALWAYSON_COMPONENT: 'api',
  ALWAYSON_RELEASE: 'abc',
  ALWAYSON_ZONE: 'west-1',
});
const host = '127.205.40.1';
const kept = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const dropped = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
let receiver: OtlpReceiver;
let server: FastifyInstance;

beforeAll(async () => {
  receiver = await startOtlpReceiver(host);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.endpoint;
  process.env.OTEL_RESOURCE_ATTRIBUTES = 'service.namespace=shop';
  process.env.OTEL_TRACES_SAMPLER_ARG = '0';
  server = createServer({ identity, readiness: createReadiness(), log: () => {} });
  server.post('/things/:id', async ({ body }) => {
    await inSpan(
      () => ({ name: 'inner', kind: 'client', attributes: {} }),
      async () => {},
    );
    return body;
  });
  server.get('/broken', async () => {
    throw new TypeError('a bug');
  });
  server.get('/refused', async () => {
    throw new HttpProblem(404, 'NOT_FOUND', { detail: 'no' });
  });
  await server.listen({ host, port: 0 });
});
afterEach(async () => {
  await stopTracing();
  receiver.spans.length = 0;
  receiver.answer = 200;
});
afterAll(async () => {
  await server.close();
  await receiver.close();
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  delete process.env.OTEL_RESOURCE_ATTRIBUTES;
  delete process.env.OTEL_TRACES_SAMPLER_ARG;
});

const start = () => startTracing(identity, () => {});
/** Sends what waits. */
const flush = async (): Promise<ReceivedSpan[]> => {
  await stopTracing();
  return receiver.spans;
};
const post = (headers: Record<string, string> = {}) =>
  fetch(`http://${host}:${port()}/things/7?secret=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"a":1}',
  });
const port = () => (server.server.address() as { port: number }).port;

test('a request is a server span in the trace of its traceparent, and what it does is a child', async () => {
  await start();
  expect(await (await post({ traceparent: kept })).json()).toEqual({ a: 1 });
  const spans = await flush();
  const outer = spans.find(({ name }) => name === 'POST /things/:id');
  const inner = spans.find(({ name }) => name === 'inner');
  expect(spans).toHaveLength(2);
  expect(outer).toMatchObject({
    service: 'api',
    kind: 2,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/things/:id',
      'url.path': '/things/7',
      'http.response.status_code': 200,
    },
    resource: { 'service.namespace': 'shop', 'service.version': 'abc', 'cloud.availability_zone': 'west-1' },
    status: 0,
  });
  expect(inner).toMatchObject({ traceId: outer?.traceId, parentSpanId: outer?.spanId });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('who does not want a trace gets none; without a word the ratio decides', async () => {
  await start();
  await post({ traceparent: dropped });
  await post();
  expect(await flush()).toEqual([]);
  process.env.OTEL_TRACES_SAMPLER_ARG = '1';
  await start();
  await post({ traceparent: dropped });
  await post();
  expect((await flush()).filter(({ kind }) => kind === 2)).toHaveLength(1);
  process.env.OTEL_TRACES_SAMPLER_ARG = '0';
});

test('failures show; refusals are no failures; probes are not traced', async () => {
  await start();
  const get = (path: string) => server.inject({ url: path, headers: { traceparent: kept } });
  await Promise.all(['/broken', '/refused', '/nowhere', '/readyz', '/livez', '/metrics'].map(get));
  const spans = await flush();
  const facts = spans.map(({ name, status, attributes }) => ({
    name,
    status,
    code: attributes['http.response.status_code'],
    error: attributes['error.type'],
  }));
  expect(facts.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'GET', status: 0, code: 404, error: undefined },
    { name: 'GET /broken', status: 2, code: 500, error: 'TypeError' },
    { name: 'GET /refused', status: 0, code: 404, error: undefined },
  ]);
});

test('a client that leaves is told apart', async () => {
  await start();
  const gone = new Promise<void>((resolve) => {
    const headers = { traceparent: kept, 'content-type': 'application/json', 'content-length': '100' };
    const leaving = request({ host, port: port(), method: 'POST', path: '/things/1', headers });
    leaving.on('error', () => resolve());
    leaving.write('{');
    setTimeout(() => leaving.destroy(), 100);
  });
  await gone;
  await eventually('the span ended', async () => {
    const { body } = await server.inject('/metrics');
    return body.includes('route="/things/:id",class="none"} 1');
  });
  const spans = await flush();
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['client_gone']);
});

test('no traceparent breaks a request', async () => {
  await start();
  const header = fc.string({ unit: 'binary-ascii', maxLength: 80 });
  const nearly = fc.tuple(fc.nat(kept.length), header).map(([at, text]) => kept.slice(0, at) + text);
  await fc.assert(
    fc.asyncProperty(fc.oneof(header, nearly), async (traceparent) => {
      const answer = await server.inject({ method: 'POST', url: '/things/1', headers: { traceparent } });
      expect(answer.statusCode).toBe(200);
    }),
    { numRuns: 300 },
  );
});

test('a collector that refuses, hangs or is not there costs no request anything', async () => {
  for (const answer of [503, 400, 0]) {
    receiver.answer = answer;
    await start();
    const startedAt = performance.now();
    for (let n = 0; n < 700; n += 1) {
      const { statusCode } = await server.inject({ url: '/refused', headers: { traceparent: kept } });
      expect(statusCode).toBe(404);
    }
    await eventually('it was tried', () => receiver.requests > 0);
    const closing = performance.now();
    await stopTracing();
    expect(performance.now() - closing).toBeLessThan(2000);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  }
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.205.40.9:1';
  await start();
  expect((await post({ traceparent: kept })).status).toBe(200);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.endpoint;
});

test('without an endpoint, or with one that is none, requests go on without traces', async () => {
  const said: string[] = [];
  for (const endpoint of ['', 'not a url']) {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
    await startTracing(identity, (event) => said.push(event));
    expect(currentTracer()).toBeNull();
    expect((await post({ traceparent: kept })).status).toBe(200);
  }
  expect(said).toEqual(['tracing.failed']);
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.endpoint;
});
