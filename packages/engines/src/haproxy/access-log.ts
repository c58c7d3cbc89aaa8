import { requestVariables } from './request-variables.ts';

/**
 * One line per client request, sent over UDP. `boot` names the HAProxy process, `seq` counts its lines from 1 without a
 * gap, so that a reader knows what it missed. Everything a client can write is escaped or of a fixed alphabet.
 */
export interface GatewayLine {
  boot: string;
  seq: number;
  /** Milliseconds since the epoch when the request arrived. */
  at: number;
  flow: string;
  method: string;
  path: string;
  /** -1 when the client left before there was an answer. */
  status: number;
  /** HAProxy's two characters: who ended it, and in which phase; `--` is a normal end. */
  termination: string;
  backend: string;
  /** The stamp, `<NOSRV>` when none was reached. */
  stamp: string;
  retries: number;
  /** From the whole request to the first byte of the answer; -1 when there was none. */
  responseMs: number;
  /** From the first byte of the request to the last of the answer. */
  totalMs: number;
  bytes: number;
  correlationId: string;
  /** True for the requests of observers and operators, which say nothing about users. */
  synthetic: boolean;
  /** Of the request's trace; absent when it has none. */
  traceId?: string;
  /** The parent that the stamp was told, when the trace began at the gateway. */
  spanId?: string;
  /** The client's span, when the trace came with the request. */
  parentSpanId?: string;
  /** Whether whoever began the trace wants it kept. */
  sampled?: boolean;
}

/** The stick table that counts lines: one entry, one counter. */
export const lineCounterTable = 'log_lines';

const { path, flow, correlationId, synthetic, trace, traceMade } = requestVariables;

/** Keys are short: this is sent with every request. A path is cut at 256 characters before it is escaped. */
export const accessLogFormat = [
  '{"b":"%[var(proc.boot)].%pid"',
  '"n":%[sc1_inc_gpc0]',
  '"t":%Ts%ms',
  `"f":"%[var(${flow})]"`,
  '"m":"%HM"',
  `"p":"%[var(${path}),bytes(0,256),json(utf8s)]"`,
  '"s":%ST',
  '"x":"%ts"',
  '"c":"%b"',
  '"v":"%s"',
  '"r":"%rc"',
  '"a":%Tr',
  '"d":%Ta',
  '"o":%B',
  `"i":"%[var(${correlationId})]"`,
  `"y":"%[var(${synthetic})]"`,
  `"w":"%[var(${trace})]"`,
  `"g":"%[var(${traceMade})]"`,
  '"e":%Ti}',
].join(',');

/** The line as an object; null for anything else that arrives, such as HAProxy's own notices. */
export function parseGatewayLine(text: string): GatewayLine | null {
  if (!text.startsWith('{')) return null;
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  const line: GatewayLine = {
    boot: String(raw['b']),
    seq: Number(raw['n']),
    // %Ts is when the connection was made, or free again: the request came after it had idled.
    at: Number(raw['t']) + Math.max(0, Number(raw['e'] ?? 0)),
    flow: String(raw['f']),
    method: String(raw['m']),
    path: String(raw['p']),
    status: Number(raw['s']),
    termination: String(raw['x']),
    backend: String(raw['c']),
    stamp: String(raw['v']),
    retries: Math.abs(Number(raw['r'])),
    responseMs: Number(raw['a']),
    totalMs: Number(raw['d']),
    bytes: Number(raw['o']),
    correlationId: String(raw['i']),
    synthetic: raw['y'] === '1',
    ...toTrace(raw['w'], raw['g'] === '1'),
  };
  const numbers = [line.seq, line.at, line.status, line.retries, line.responseMs, line.totalMs, line.bytes];
  return numbers.every(Number.isSafeInteger) && line.seq > 0 ? line : null;
}

type LineTrace = Pick<GatewayLine, 'traceId' | 'spanId' | 'parentSpanId' | 'sampled'>;

function toTrace(traceparent: unknown, made: boolean): LineTrace {
  if (typeof traceparent !== 'string') return {};
  const [, traceId, spanId, flags] = traceparent.split('-');
  if (traceId === undefined || spanId === undefined || flags === undefined) return {};
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, sampled, ...(made ? { spanId } : { parentSpanId: spanId }) };
}
