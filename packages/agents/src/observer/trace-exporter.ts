import type { IdGenerator } from '@opentelemetry/sdk-trace';
import type { GatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { isStamp } from './classify-line.ts';

export interface TraceExporter {
  /** Never waits and never throws: what cannot be sent is dropped. */
  take(line: GatewayLine): void;
  close(): Promise<void>;
}

export interface TraceExporterOptions {
  environment: Pick<Environment, 'name'>;
  manifest: Pick<Manifest, 'name' | 'telemetry'>;
  region: string;
  log: AgentLog;
}

const spansWaitingMax = 4096;
/** Clients may ask for a trace of every request: more than this is dropped before it costs anything. */
const spansPerSecondMax = 500;
const exportEveryMs = 2000;
const exportTimeoutMs = 5000;
const closeWithinMs = 1000;

const nothing: TraceExporter = { take: () => {}, close: async () => {} };

/**
 * Makes the gateway's own span of every line whose trace is kept, and sends it to the manifest's collector in batches. Without
 * an endpoint nothing of OpenTelemetry is loaded; with one it is loaded while lines are counted already.
 */
export function createTraceExporter(options: TraceExporterOptions): TraceExporter {
  const { otlpEndpoint } = options.manifest.telemetry;
  if (otlpEndpoint === undefined) return nothing;
  let sender: SpanSender | null = null;
  const loading = createSpanSender(options, otlpEndpoint).then(
    (loaded) => (sender = loaded),
    (error: unknown) => options.log('traces are not sent', { error: String(error) }),
  );
  const admit = createRateBound(spansPerSecondMax);
  return {
    take(line) {
      if (sender !== null && line.sampled === true && admit()) sender.send(line);
    },
    async close() {
      await loading;
      await sender?.close();
    },
  };
}

/** Says yes so many times in each second of the clock. */
function createRateBound(perSecondMax: number): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) [second, count] = [now, 0];
    count += 1;
    return count <= perSecondMax;
  };
}

interface SpanSender {
  send(line: GatewayLine): void;
  close(): Promise<void>;
}

async function createSpanSender(options: TraceExporterOptions, endpoint: string): Promise<SpanSender> {
  const ids = createGivenIds();
  const provider = await createProvider(options, endpoint, ids);
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = await import('@opentelemetry/api');
  const tracer = provider.getTracer('@alwayson/agents');

  const toParent = (traceId: string, spanId: string | undefined) =>
    spanId === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          traceId,
          spanId,
          traceFlags: TraceFlags.SAMPLED,
          isRemote: true,
        });

  return {
    send(line) {
      const { traceId, spanId, parentSpanId, at: startTime } = line;
      if (traceId === undefined) return;
      ids.give(traceId, spanId);
      const attributes = toAttributes(line, options.region);
      const facts = { kind: SpanKind.SERVER, startTime, attributes };
      const span = tracer.startSpan(`${line.method} ${line.flow}`, facts, toParent(traceId, parentSpanId));
      if (line.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(startTime + Math.max(0, line.totalMs));
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeWithinMs);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

async function createProvider(
  { environment, manifest, region }: TraceExporterOptions,
  endpoint: string,
  idGenerator: IdGenerator,
) {
  const [{ AlwaysOnSampler, BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  return new TracerProvider({
    idGenerator,
    sampler: new AlwaysOnSampler(),
    resource: resources.resourceFromAttributes({
      'service.name': 'gateway',
      'service.namespace': manifest.name,
      'service.instance.id': `gateway-${region}`,
      'deployment.environment.name': environment.name,
      'cloud.region': region,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: spansWaitingMax,
        scheduledDelayMillis: exportEveryMs,
        exportTimeoutMillis: 2 * exportTimeoutMs,
      }),
    ],
  });
}

/** The ids that a line tells; the gateway gave them away to the stamp long before there was a span. */
function createGivenIds(): IdGenerator & { give(traceId: string, spanId: string | undefined): void } {
  let given = { traceId: '', spanId: '' };
  return {
    give(traceId, spanId = toHex(crypto.getRandomValues(new Uint8Array(8)))) {
      given = { traceId, spanId };
    },
    generateTraceId: () => given.traceId,
    generateSpanId: () => given.spanId,
  };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function toAttributes(line: GatewayLine, region: string) {
  return {
    'http.request.method': line.method,
    'url.path': line.path,
    'url.scheme': 'http',
    ...(line.status > 0 ? { 'http.response.status_code': line.status } : {}),
    ...(line.retries > 0 ? { 'http.request.resend_count': line.retries } : {}),
    ...(line.termination === '--' ? {} : { 'error.type': line.termination }),
    ...(line.synthetic ? { 'user_agent.synthetic.type': 'test' } : {}),
    'http.response.size': line.bytes,
    'alwayson.flow': line.flow,
    'alwayson.region': region,
    'alwayson.stamp': isStamp(line.stamp) ? line.stamp : '',
    'alwayson.gateway.response_ms': line.responseMs,
    'alwayson.correlation_id': line.correlationId,
  };
}
