import { type Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { stampProbeHeader } from '@alwayson/protocol/observation.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';

export interface GatewayQuestion {
  /** Of a gateway or of the front door. */
  url: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** The one stamp that is to answer, live or not. Without it, whoever gets users' requests. */
  stamp?: string;
  /** Of connections that are kept; without it each question has a new one. */
  agent?: Agent;
}

export interface GatewayAnswer {
  status: number;
  /** The unit that answered, if it says so. */
  serverName: string | null;
  /** The gateway's own word, when no stamp answered. */
  code: string | null;
}

/** There was no connection, or it broke: nothing is known of who was to answer. */
export class NotReachedError extends Error {}

const bodyBytesMax = 4 * 1024 * 1024;
const problemBytesMax = 8192;
/** Of connections that break. */
const attemptsMax = 3;
const againMs = 1000;

/** One request that counts for no user. The whole answer is read. Throws NotReachedError, and what the signal says. */
export function askGateway(
  environment: Pick<Environment, 'tokens'>,
  question: GatewayQuestion,
  signal: AbortSignal,
): Promise<GatewayAnswer> {
  const { url, path, method = 'GET', body = '', stamp, agent } = question;
  const headers = {
    'user-agent': 'alwayson-rollout',
    ...question.headers,
    [probeTokenHeader]: environment.tokens.probe,
    ...(stamp === undefined ? {} : { [stampProbeHeader]: stamp }),
    ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
  return new Promise<GatewayAnswer>((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(
        signal.aborted ? (signal.reason as Error) : new NotReachedError(toReason(error), { cause: error }),
      );
    const options = { method, headers, signal, agent: agent ?? false };
    const outgoing = request(new URL(path, url), options, (answer) => {
      toAnswer(answer).then(resolve, fail);
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

export interface Patience {
  timeoutMs: number;
  signal: AbortSignal;
  /** Until when a 503 is asked again, on the clock of `performance`; the whole time without it. */
  untilMs?: number;
}

/**
 * Asks again each second while it is told to come again, as by a gateway that does not know the stamp yet, and up to three times in all
 * when a connection breaks. Any other answer is final, and so is none within the time.
 */
export async function askPatiently(
  environment: Pick<Environment, 'tokens'>,
  question: GatewayQuestion,
  { timeoutMs, signal, untilMs = Number.POSITIVE_INFINITY }: Patience,
): Promise<GatewayAnswer> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let busy: GatewayAnswer | null = null;
  for (let broken = 0; ; ) {
    try {
      const answer = await askGateway(environment, question, bounded);
      // What everybody needs may be away for a moment: 503 says to come again.
      if (answer.status !== 503 || performance.now() > untilMs) return answer;
      busy = answer;
    } catch (error) {
      broken += 1;
      signal.throwIfAborted();
      if (busy !== null && bounded.aborted) return busy;
      if (!(error instanceof NotReachedError) || broken >= attemptsMax) throw error;
    }
    await sleep(againMs, undefined, { signal: bounded }).catch(() => {});
  }
}

async function toAnswer(message: IncomingMessage): Promise<GatewayAnswer> {
  const status = message.statusCode ?? 0;
  const named = message.headers['x-server-name'];
  const serverName = typeof named === 'string' ? named : null;
  const start: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    if (bytes < problemBytesMax) start.push(chunk);
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`more than ${bodyBytesMax} bytes`);
  }
  const isOwn = serverName === null && status >= 400;
  return { status, serverName, code: isOwn ? toCode(Buffer.concat(start).toString()) : null };
}

function toCode(text: string): string | null {
  try {
    return Problem.safeParse(JSON.parse(text)).data?.code ?? null;
  } catch {
    return null;
  }
}

function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
