import { get, type IncomingMessage } from 'node:http';
import type { ProbeOutcome } from '@alwayson/core/stamp-health/decide-component.ts';
import { ComponentReadiness } from '@alwayson/protocol/stamp-health.ts';
import { stoppingReason } from '@alwayson/protocol/workload-environment.ts';

export interface ProbeTarget {
  host: string;
  port: number;
  path: string;
  timeoutMs: number;
}

const bodyBytesMax = 16_384;
const reasonLengthMax = 200;

/** Asks once, over a new connection: an old one can outlive the listener. Never throws. */
export async function probeComponent(target: ProbeTarget): Promise<ProbeOutcome> {
  const startedAt = performance.now();
  const answer = await ask(target);
  const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
  return { ...toOutcome(answer), durationMs };
}

type Answer = { status: number; body: string } | { failure: 'refused' | 'timeout'; reason: string };

function ask({ host, port, path, timeoutMs }: ProbeTarget): Promise<Answer> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: NodeJS.ErrnoException) => {
      const late = signal.aborted;
      const reason = late ? `no answer in ${timeoutMs} ms` : (error.code ?? error.message);
      resolve({ failure: late ? 'timeout' : 'refused', reason });
    };
    const request = get({ host, port, path, agent: false, signal }, (response) => {
      readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), fail);
    });
    request.on('error', fail);
  });
}

/** The body as far as it matters; the rest is read and dropped. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < bodyBytesMax) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8', 0, bodyBytesMax);
}

function toOutcome(answer: Answer): Omit<ProbeOutcome, 'durationMs'> {
  if ('failure' in answer) return { kind: answer.failure, reason: answer.reason, dependencies: [] };
  const readiness = parseReadiness(answer.body);
  const dependencies = readiness?.dependencies ?? [];
  if (answer.status === 200) return { kind: 'ready', dependencies };
  const reason = readiness?.reason?.slice(0, reasonLengthMax);
  if (reason === stoppingReason) return { kind: 'stopping', dependencies };
  return { kind: 'not-ready', reason: reason ?? `it answers ${answer.status}`, dependencies };
}

/** null for programs that answer something of their own: for them the status says it all. */
function parseReadiness(body: string): ComponentReadiness | null {
  try {
    return ComponentReadiness.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}
