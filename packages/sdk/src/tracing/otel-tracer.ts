import {
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { parseTraceparent, renderTraceparent } from '@alwayson/protocol/trace-parent.ts';
import type { Identity } from '../identity.ts';
import type { OpenSpan, SpanFacts, Tracer } from './tracer.ts';

/** Spans that wait to be sent; more are dropped. */
const spansWaitingMax = 2048;
const exportEveryMs = 2000;
const exportTimeoutMs = 5000;
const exportsMax = 4;
const closeWithinMs = 1000;

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * OpenTelemetry's own SDK, registered for the whole process: spans that a workload makes with `@opentelemetry/api` take their
 * place among ours. Where to send and with which headers it reads from the standard OTEL_EXPORTER_OTLP_ variables.
 */
export function createOtelTracer(identity: Identity, { sampleRatio }: { sampleRatio: number }): Tracer {
  const provider = new TracerProvider({
    resource: toResource(identity),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: 2000 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ timeoutMillis: exportTimeoutMs, concurrencyLimit: exportsMax }),
        maxQueueSize: spansWaitingMax,
        scheduledDelayMillis: exportEveryMs,
        exportTimeoutMillis: 2 * exportTimeoutMs,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer('@alwayson/sdk');
  return {
    isTracing: () => trace.getActiveSpan()?.isRecording() === true,
    start({ name, kind, attributes, parent, link, codeAttribute }: SpanFacts) {
      const within = withRemoteParent(context.active(), parent);
      const linked = toSpanContext(link);
      const links = linked === null ? [] : [{ context: linked }];
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes, links }, within);
      return toOpenSpan(span, trace.setSpan(within, span), codeAttribute);
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeWithinMs);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
      trace.disable();
      context.disable();
    },
  };
}

/** Who speaks; the variables OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word. */
function toResource({ component, release, unit, region, zone, stamp }: Identity) {
  const own = resourceFromAttributes({
    'service.name': component,
    'service.version': release,
    'service.instance.id': unit,
    'cloud.region': region,
    'cloud.availability_zone': zone,
    'alwayson.stamp': stamp,
  });
  return own.merge(detectResources({ detectors: [envDetector] }));
}

function toSpanContext(traceparent: string | undefined) {
  const parsed = parseTraceparent(traceparent);
  if (parsed === null) return null;
  const { traceId, spanId, sampled } = parsed;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function withRemoteParent(base: Context, traceparent: string | undefined): Context {
  const parent = toSpanContext(traceparent);
  return parent === null ? base : trace.setSpanContext(base, parent);
}

function toOpenSpan(span: Span, within: Context, codeAttribute: string | undefined): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: renderTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
    run: (work) => context.with(within, work),
    set: (attributes) => void span.setAttributes(attributes),
    end(failure) {
      if (failure !== undefined && span.isRecording()) {
        const { type, message } = toFailure(failure);
        span.setAttribute('error.type', type);
        if (codeAttribute !== undefined) span.setAttribute(codeAttribute, type);
        span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
      }
      span.end();
    },
  };
}

function toFailure(failure: unknown): { type: string; message?: string } {
  if (!(failure instanceof Error)) return { type: String(failure) };
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : failure.name;
  return { type: code, message: failure.message };
}
