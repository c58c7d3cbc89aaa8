import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { QueueRegion } from '../../src/identity.ts';
import { createQueueProducer } from '../../src/queue/producer.ts';
import { createPostgresLab, type PostgresLab } from '../queue/postgres-lab.ts';
import { createQueueLab, type QueueLab } from '../queue/queue-lab.ts';
import { createVotes, vote } from '../queue/votes.ts';
import { eventually } from '../support/eventually.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type GatewayLab, startGateway } from './gateway-lab.ts';

/** A whole request path of real engines: HAProxy, a component, Redis with its replica, a worker, PostgreSQL; one collector. */
const address = '127.205.50.1';
const clientTrace = '0af7651916cd43dd8448eb211c80319c';
const clientSpan = 'b7ad6b7169203331';
const cleanups: (() => unknown)[] = [];
let collector: OtlpReceiver;
let postgres: PostgresLab;
let lab: QueueLab;
let queue: QueueRegion;
let gateway: GatewayLab;

beforeAll(async () => {
  collector = await startOtlpReceiver(address);
  cleanups.push(() => collector.close());
  postgres = await createPostgresLab('127.205.50.2');
  cleanups.push(() => postgres.close());
  await postgres.query(createVotes);
  lab = createQueueLab('205.51');
  cleanups.push(() => lab.close());
  ({ queue } = await lab.startPair('west'));
  startComponent('api', 10_001);
  startComponent('worker', 10_002);
  for (const port of [10_001, 10_002]) {
    await eventually('it is ready', async () => (await fetch(`http://${address}:${port}/readyz`)).ok);
  }
  gateway = await startGateway({
    address,
    port: 10_001,
    sampleRatio: 1,
    otlpEndpoint: collector.endpoint,
  });
  cleanups.push(() => gateway.close());
  await eventually('everybody sends', () => collector.spans.length > 0);
}, 60_000);
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});
beforeEach(() => {
  collector.spans.length = 0;
});

function startComponent(component: string, port: number): void {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'traced-program.ts')], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      HOST: address,
      PORT: String(port),
      ALWAYSON_COMPONENT: component,
      ALWAYSON_SQL_WRITE: postgres.url,
      ALWAYSON_QUEUES: JSON.stringify([queue]),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await gone;
  });
}

const spansOf = (service: string) => collector.spans.filter((span) => span.service === service);
const find = (service: string, name: RegExp): ReceivedSpan | undefined =>
  spansOf(service).find((span) => name.test(span.name));

test('a write has one trace id from the gateway through queue and worker to the database', async () => {
  const answer = await fetch(`${gateway.url}/shop/votes`, { method: 'POST' });
  expect(answer.status).toBe(202);
  const toChain = () => ({
    gateway: find('gateway', /^POST vote$/),
    server: find('api', /^POST \/shop\/votes$/),
    producer: find('api', /^send vote$/),
    consumer: find('worker', /^process vote$/),
    sql: find('worker', /^INSERT postgres$/),
    commit: find('worker', /^COMMIT postgres$/),
  });
  await eventually('all spans came', () => Object.values(toChain()).every((span) => span !== undefined));
  const chain = toChain();
  const { gateway: door, server, producer, consumer, sql, commit } = chain;
  expect(new Set(Object.values(chain).map((span) => span?.traceId)).size).toBe(1);
  expect(door?.parentSpanId).toBe('');
  expect(server?.parentSpanId).toBe(door?.spanId);
  expect(producer?.parentSpanId).toBe(server?.spanId);
  expect(consumer?.parentSpanId).toBe(producer?.spanId);
  expect(sql?.parentSpanId).toBe(consumer?.spanId);
  expect(commit?.parentSpanId).toBe(consumer?.spanId);
  expect([door, server, producer, consumer, sql].map((span) => span?.kind)).toEqual([2, 2, 4, 5, 3]);
  expect(door?.attributes).toMatchObject({
    'alwayson.flow': 'vote',
    'alwayson.stamp': 'west-1-aaaaaa',
    'http.response.status_code': 202,
  });
  expect(door?.resource).toMatchObject({ 'service.namespace': 'shop', 'cloud.region': 'west' });
  expect(sql?.attributes).toMatchObject({ 'db.system.name': 'postgresql', 'server.address': '127.205.50.2' });
  // The component's span begins in the gateway's: one clock, HAProxy's in whole milliseconds. Its end may be noted after the answer has left.
  expect((door?.startMs ?? 0) - 2).toBeLessThanOrEqual(server?.startMs ?? 0);
  expect((door?.endMs ?? 0) + 2).toBeGreaterThanOrEqual(server?.startMs ?? Infinity);
});

test("a client's trace goes on, through a read too; what it does not want is not sent", async () => {
  const get = (flags: string, trace = clientTrace) =>
    fetch(`${gateway.url}/shop/votes`, { headers: { traceparent: `00-${trace}-${clientSpan}-${flags}` } });
  await get('00', '1'.repeat(32));
  expect((await get('01')).status).toBe(200);
  await eventually('all spans came', () => spansOf('gateway').length > 0 && spansOf('api').length > 1);
  expect(find('gateway', /GET vote/)).toMatchObject({ traceId: clientTrace, parentSpanId: clientSpan });
  expect(find('api', /GET/)).toMatchObject({ traceId: clientTrace, parentSpanId: clientSpan });
  expect(find('api', /SELECT/)).toMatchObject({
    traceId: clientTrace,
    parentSpanId: find('api', /GET/)?.spanId,
  });
  expect(collector.spans.every(({ traceId }) => traceId === clientTrace)).toBe(true);
});

test('a malformed traceparent begins a trace at the gateway', async () => {
  const headers = { traceparent: `00-${clientTrace}-xyz-01` };
  expect((await fetch(`${gateway.url}/shop/votes`, { headers })).status).toBe(200);
  await eventually('both came', () => spansOf('gateway').length > 0 && spansOf('api').length > 1);
  const [door] = spansOf('gateway');
  expect(door?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(door?.traceId).not.toBe(clientTrace);
  expect(spansOf('api').every(({ traceId }) => traceId === door?.traceId)).toBe(true);
});

test('writes of a batch keep their own traces and link to the one that shows the work; untraced ones are applied too', async () => {
  const ids = Array.from({ length: 30 }, (_, n) => `batch ${n}`);
  const producer = createQueueProducer({ queues: [queue] });
  cleanups.push(() => producer.close());
  const untraced = ids.map((id) => producer.enqueue({ ...vote(id), key: 'same' }));
  const traced = ids.map(() => fetch(`${gateway.url}/shop/votes`, { method: 'POST' }));
  await Promise.all([...untraced, ...traced]);
  const toConsumers = () => spansOf('worker').filter(({ kind }) => kind === 5);
  const toSent = () => new Map(spansOf('api').map((span) => [span.spanId, span.traceId]));
  // Each process sends its spans by itself.
  await eventually('all spans came', () => {
    const sent = toSent();
    return toConsumers().length === 30 && toConsumers().every(({ parentSpanId }) => sent.has(parentSpanId));
  });
  const consumers = toConsumers();
  const sent = toSent();
  expect(new Set(consumers.map(({ traceId }) => traceId)).size).toBe(30);
  for (const span of consumers) {
    expect(sent.get(span.parentSpanId)).toBe(span.traceId);
    const [link] = span.links;
    if (link !== undefined) expect(consumers.map(({ spanId }) => spanId)).toContain(link.spanId);
  }
  await eventually('all are applied', async () => {
    const [row] = await postgres.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM vote WHERE id LIKE 'batch %'`,
    );
    return row?.n === 30;
  });
});

test('metrics of a component are there on its own port, and not behind the front door', async () => {
  const text = await (await fetch(`http://${address}:10001/metrics`)).text();
  expect(text).toMatch(/alwayson_http_requests_total\{method="POST",route="\/shop\/votes",class="2xx"\} \d+/);
  expect(text).toMatch(/alwayson_sql_calls_total\{call="read",outcome="ok"\} [1-9]/);
  const worker = await (await fetch(`http://${address}:10002/metrics`)).text();
  expect(worker).toMatch(/alwayson_queue_applied_total [1-9]/);
  for (const path of ['/metrics', '/metrics?x=1', '//metrics', '/%6detrics']) {
    const outside = await fetch(`${gateway.url}${path}`, { headers: { 'x-forwarded-for': '' } });
    expect(outside.status).toBe(404);
    expect(await outside.text()).not.toContain('process_cpu');
  }
});
