import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { currentTracer, type OpenSpan, type SpanFacts } from './tracer.ts';

interface RequestSpan {
  span: OpenSpan;
  error?: unknown;
}

/** A server span for every request but those of `exempt` routes, in the trace of its `traceparent`. */
export function traceRequests(server: FastifyInstance, exempt: readonly string[]): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();

  server.addHook('onRequest', (request, reply, done) => {
    const tracer = currentTracer();
    if (tracer === null || exempt.includes(request.routeOptions.url ?? '')) return done();
    const entry: RequestSpan = { span: tracer.start(toFacts(request)) };
    spans.set(request, entry);
    reply.raw.once('close', () => endSpan(entry, reply));
    entry.span.run(done);
  });
  // Reading a body leaves the context of the request: it is entered again before the handler.
  server.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)?.span;
    if (span === undefined) done();
    else span.run(done);
  });
  server.addHook('onError', async (request, _reply, error) => {
    const entry = spans.get(request);
    if (entry !== undefined) entry.error = error;
  });
}

/** Neither query nor addresses nor user agents: they may say who somebody is. */
function toFacts(request: FastifyRequest): SpanFacts {
  const { method, headers, routeOptions, url } = request;
  const route = routeOptions.url;
  const { traceparent } = headers;
  return {
    name: route === undefined ? method : `${method} ${route}`,
    kind: 'server',
    parent: typeof traceparent === 'string' ? traceparent : undefined,
    attributes: {
      'http.request.method': method,
      'url.path': url.split('?', 1)[0] ?? '',
      'url.scheme': 'http',
      ...(route === undefined ? {} : { 'http.route': route }),
      ...(headers['x-alwayson-synthetic'] === undefined ? {} : { 'user_agent.synthetic.type': 'test' }),
      'alwayson.correlation_id': request.id,
    },
  };
}

function endSpan({ span, error }: RequestSpan, reply: FastifyReply): void {
  if (!reply.raw.writableEnded) {
    span.set({ 'error.type': 'client_gone' });
    span.end();
    return;
  }
  const { statusCode } = reply;
  span.set({ 'http.response.status_code': statusCode });
  span.end(statusCode >= 500 ? (error ?? String(statusCode)) : undefined);
}
