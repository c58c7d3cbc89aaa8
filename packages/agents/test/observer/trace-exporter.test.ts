import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createTraceExporter } from '../../src/observer/trace-exporter.ts';
import { until } from '../gateway/rig.ts';
import { toLine } from './line.ts';

const host = '127.205.71.1';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
let closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
}

/** A collector that answers `status`, or nothing when it is 0. */
async function startCollector(status = 200) {
  const spans: Span[] = [];
  const counts = { requests: 0 };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      counts.requests += 1;
      const { resourceSpans } = JSON.parse(text) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      if (status !== 0) response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(4318, host, resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { spans, counts };
}

function open(otlpEndpoint?: string) {
  return createTraceExporter({
    environment: { name: 'test' },
    manifest: {
      name: 'shop',
      telemetry: { sampleRatio: 1, ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }) },
    },
    region: 'west',
    log: () => {},
  });
}

/** It loads while it runs: lines are given until one was sent. */
async function warm(exporter: ReturnType<typeof open>, counts: { requests: number }) {
  await until(() => {
    exporter.take(toLine({ at: Date.now(), traceId, spanId, sampled: true }));
    return counts.requests > 0;
  }, 'the first export');
}

test('a kept line is a span of its own ids and times; others are none', async () => {
  const { spans, counts } = await startCollector();
  const exporter = open(`http://${host}:4318/`);
  await warm(exporter, counts);
  await until(() => spans.length > 0, 'the first spans');
  const at = Date.now() - 60_000;
  const line = { at, totalMs: 250, traceId: '1'.repeat(32), sampled: true };
  exporter.take(toLine({ ...line, spanId, status: 503 }));
  exporter.take(toLine({ ...line, parentSpanId: spanId }));
  exporter.take(toLine({ ...line, traceId: '2'.repeat(32), sampled: false }));
  exporter.take(toLine({ at }));
  await exporter.close();
  const own = spans.filter((span) => span.traceId === line.traceId);
  const made = own.find((span) => span.parentSpanId === undefined);
  const joined = own.find((span) => span.parentSpanId === spanId);
  expect(made).toMatchObject({ spanId, name: 'GET browse', status: { code: 2 } });
  expect(joined?.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(joined?.spanId).not.toBe(spanId);
  expect(Number(made?.startTimeUnixNano) / 1e6).toBeCloseTo(at, -1);
  expect(Number(made?.endTimeUnixNano) / 1e6).toBeCloseTo(at + 250, -1);
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId, line.traceId]));
});

test('a flood costs little and is bounded, also when the collector hangs; the end is quick', async () => {
  const { spans, counts } = await startCollector(0);
  const exporter = open(`http://${host}:4318`);
  await warm(exporter, counts);
  const lines = Array.from({ length: 20_000 }, () =>
    toLine({ at: Date.now(), traceId, spanId, sampled: true }),
  );
  const startedAt = performance.now();
  for (const line of lines) exporter.take(line);
  expect(performance.now() - startedAt).toBeLessThan(1000);
  const closing = performance.now();
  await exporter.close();
  expect(performance.now() - closing).toBeLessThan(3000);
  expect(spans.length).toBeLessThan(5000);
});

test('without an endpoint nothing is done', async () => {
  const exporter = open();
  exporter.take(toLine({ traceId, spanId, sampled: true }));
  await exporter.close();
});
