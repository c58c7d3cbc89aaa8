import type { Identity } from '../identity.ts';
import type { Log } from '../log-line.ts';
import { currentTracer, setTracer } from './tracer.ts';

/**
 * Begins to send traces when the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT, or the same for traces only);
 * otherwise nothing of OpenTelemetry is even loaded. `serve` calls it. It never throws: a service without traces is better
 * than none.
 */
export async function startTracing(identity: Identity, log: Log): Promise<void> {
  const { env } = process;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true' || currentTracer() !== null) return;
  try {
    const { origin } = new URL(endpoint);
    const { createOtelTracer } = await import('./otel-tracer.ts');
    setTracer(createOtelTracer(identity, { sampleRatio: readRatio(env.OTEL_TRACES_SAMPLER_ARG) }));
    log('tracing.on', { origin });
  } catch (error) {
    log('tracing.failed', { error: String(error) });
  }
}

/** Sends what waits, for at most a second. */
export async function stopTracing(): Promise<void> {
  const tracer = currentTracer();
  setTracer(null);
  await tracer?.close();
}

/** Of the traces that begin here: all, unless told otherwise. */
function readRatio(text: string | undefined): number {
  const ratio = Number(text || '1');
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}
