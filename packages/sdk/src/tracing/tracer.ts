/** What a span says of itself, by OpenTelemetry's semantic conventions. */
export interface SpanFacts {
  name: string;
  kind: 'server' | 'client' | 'producer' | 'consumer';
  attributes: Readonly<Record<string, string | number>>;
  /** W3C `traceparent` of its parent; without a valid one the current span is its parent, else it begins a trace. */
  parent?: string | undefined;
  /** `traceparent` of a span of another trace that it belongs together with. */
  link?: string | undefined;
  /** The attribute that also gets the code of a failure. */
  codeAttribute?: string;
}

export interface OpenSpan {
  /** W3C `traceparent` for whoever goes on with this trace. */
  readonly traceparent: string;
  /** Runs work with it as the current span. */
  run<T>(work: () => T): T;
  set(attributes: Readonly<Record<string, string | number>>): void;
  /** Once; `failure` is what was thrown, or a word for it. */
  end(failure?: unknown): void;
}

export interface Tracer {
  start(facts: SpanFacts): OpenSpan;
  /** True while work runs in a span that is kept. */
  isTracing(): boolean;
  /** Sends what waits, for at most a second. */
  close(): Promise<void>;
}

let current: Tracer | null = null;

/** The tracer of this process; null as long as `startTracing` has not found where to send traces. */
export function currentTracer(): Tracer | null {
  return current;
}

export function setTracer(tracer: Tracer | null): void {
  current = tracer;
}

/** Runs work in a child of the current span. Where there is none that is kept, it costs nothing, and `span` is null. */
export async function inSpan<T>(
  describe: () => SpanFacts,
  work: (span: OpenSpan | null) => Promise<T>,
): Promise<T> {
  if (current === null || !current.isTracing()) return work(null);
  const span = current.start(describe());
  try {
    const result = await span.run(() => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
