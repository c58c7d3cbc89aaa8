import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { quote } from './config-text.ts';
import { requestVariables } from './request-variables.ts';

/** W3C Trace Context, version 00: trace id, parent id, flags; neither id may be all zeros. */
const traceparent = '^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$';
const ratioSteps = 1_000_000;

/**
 * A valid `traceparent` is remembered for the log and passed on. With tracing, any other request begins a trace: its ids are
 * those of random UUIDs (their version digit keeps both from being all zeros).
 */
export function renderTracing(tracing: RouteRecord['tracing']): string[] {
  const { trace, traceMade } = requestVariables;
  const keep = `http-request set-var(${trace}) req.fhdr(traceparent) if { req.fhdr_cnt(traceparent) eq 1 } { req.fhdr(traceparent) -m reg ${quote(traceparent)} }`;
  if (tracing === undefined) return [keep];
  const made = `{ var(${traceMade}) -m bool }`;
  const id = 'uuid(),regsub("-","",g)';
  const sampled = `{ rand(${ratioSteps}) lt ${Math.round(tracing.sampleRatio * ratioSteps)} }`;
  return [
    keep,
    `http-request set-var(${traceMade}) bool(true) unless { var(${trace}) -m found }`,
    `http-request del-header tracestate if ${made}`,
    `http-request set-var-fmt(${trace}) ${quote(`00-%[${id}]-%[${id},bytes(0,16)]-00`)} if ${made}`,
    `http-request set-var(${trace}) ${quote(`var(${trace}),regsub("-00$","-01")`)} if ${made} ${sampled}`,
    `http-request set-header traceparent %[var(${trace})] if ${made}`,
  ];
}
