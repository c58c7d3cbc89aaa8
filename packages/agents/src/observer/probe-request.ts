import { type IncomingMessage, request } from 'node:http';
import type { ProbeResult } from '@alwayson/protocol/observation.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';

export interface ProbeRequest {
  url: URL;
  probeToken: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

export type ProbeAnswer = Pick<ProbeResult, 'ok' | 'status' | 'reason'>;

const bodyBytesMax = 4 * 1024 * 1024;

/** Over a new connection, as a new user's. Good is an answer below 400 whose body arrives whole; it never throws. */
export async function sendProbe(probe: ProbeRequest): Promise<ProbeAnswer> {
  const { url, probeToken, method = 'GET', body, timeoutMs } = probe;
  const headers = { ...probe.headers, ...toProbeHeaders(probeToken) };
  const signal = AbortSignal.timeout(timeoutMs);
  let status: number | null = null;
  try {
    return await new Promise<ProbeAnswer>((resolve, reject) => {
      const outgoing = request(url, { method, agent: false, headers, signal }, (answer) => {
        const found = answer.statusCode ?? 0;
        status = found;
        readWhole(answer).then(() => resolve(toProbeAnswer(found)), reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  } catch (error) {
    const late = new Error(`no whole answer within ${timeoutMs} ms`);
    return { ...toFailure(signal.aborted ? late : error), status };
  }
}

/** The token tells the gateway that the request is ours: it is served like any other and counted apart. */
export function toProbeHeaders(probeToken: string): Record<string, string> {
  return { 'user-agent': 'alwayson-observer', [probeTokenHeader]: probeToken };
}

export function toProbeAnswer(status: number): ProbeAnswer {
  return status < 400 ? { ok: true, status } : { ok: false, status, reason: `HTTP ${status}` };
}

export function toFailure(error: unknown): ProbeAnswer {
  return { ok: false, status: null, reason: error instanceof Error ? error.message : String(error) };
}

async function readWhole(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`more than ${bodyBytesMax} bytes`);
  }
}
