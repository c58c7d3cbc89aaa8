import { noteAnswer } from '../state/answers.ts';
import { noteAnswered, noteLost } from '../state/connection.ts';
import { ApiError, toFailure } from './api-error.ts';
import { isRecord } from './is-record.ts';
import { createRandomId } from './random-id.ts';
import { decideRetry } from './retry-policy.ts';

export interface SendOptions {
  /** Present: POST this as JSON. Absent: GET. */
  body?: unknown;
  /** The same for every attempt and every later try of the same write, so that it happens once. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  /** Told the number of the next attempt before the wait for it. */
  onRetry?: (attempt: number) => void;
  retries?: boolean;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON, or null when there was none. */
  body: unknown;
}

const attemptTimeoutMs = 10_000;

/** One request with bounded retries. Answers below 400 are returned; everything else throws an ApiError. */
export async function send(path: string, options: SendOptions = {}): Promise<Answer> {
  // One id for all attempts: the visitor can quote it even when no answer ever came.
  const correlationId = createRandomId();
  for (let attempt = 1; ; attempt += 1) {
    const answer = await attemptOnce(path, options, correlationId);
    if (answer !== 'lost' && answer.status < 400) return answer;
    const outcome = answer === 'lost' ? answer : answer.status;
    const retryAfter = answer === 'lost' ? null : answer.headers.get('retry-after');
    const delayMs =
      options.retries === false
        ? null
        : decideRetry({ attempt, outcome, retryAfter }, Date.now(), Math.random());
    if (delayMs === null) throw toError(answer, correlationId);
    options.onRetry?.(attempt + 1);
    await pause(delayMs, options.signal);
  }
}

async function attemptOnce(path: string, options: SendOptions, correlationId: string) {
  const timeout = AbortSignal.timeout(attemptTimeoutMs);
  try {
    const response = await fetch(path, {
      ...toInit(options, correlationId),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    });
    const text = await response.text();
    noteAnswered();
    noteAnswer(response.headers);
    return { status: response.status, headers: response.headers, body: parseJson(text) } satisfies Answer;
  } catch (error) {
    // The caller went away: not a failure of the shop.
    if (options.signal?.aborted) throw error;
    noteLost();
    return 'lost';
  }
}

function toInit({ body, idempotencyKey }: SendOptions, correlationId: string): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json', 'x-correlation-id': correlationId };
  if (body === undefined) return { headers };
  headers['content-type'] = 'application/json';
  if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    // A gateway's own error page, say: the status tells enough.
    return null;
  }
}

function toError(answer: Answer | 'lost', sentId: string): ApiError {
  if (answer === 'lost') return new ApiError({ failure: 'unreachable', correlationId: sentId });
  const problem = isRecord(answer.body) ? answer.body : {};
  const inBody = typeof problem['correlationId'] === 'string' ? problem['correlationId'] : undefined;
  return new ApiError({
    failure: toFailure(answer.status),
    correlationId: inBody ?? answer.headers.get('x-correlation-id') ?? sentId,
    detail: typeof problem['detail'] === 'string' ? problem['detail'] : undefined,
  });
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
