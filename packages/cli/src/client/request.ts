import { AlwaysOnError, fromProblem } from '@alwayson/protocol/errors.ts';
import { Problem } from '@alwayson/protocol/problem.ts';

export interface RequestOptions {
  method?: 'GET' | 'PUT' | 'POST';
  token: string;
  body?: unknown;
  timeoutMs?: number;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

const timeoutMsDefault = 10_000;

/**
 * One request to a process of the environment. Throws AON_UNREACHABLE when nobody answers, AON_TIMEOUT when the answer does not come
 * in time, or the error that the other side told.
 */
export async function request(url: string, options: RequestOptions): Promise<Response> {
  const signals = [options.signal, AbortSignal.timeout(options.timeoutMs ?? timeoutMsDefault)];
  return send(url, options, AbortSignal.any(signals.filter((signal) => signal !== undefined)));
}

/** As `request`, for an answer that goes on until `signal` ends it. */
export async function requestStream(url: string, options: RequestOptions): Promise<Response> {
  return send(url, options, options.signal);
}

async function send(
  url: string,
  options: RequestOptions,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: options.method ?? 'GET',
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw toTransportError(error, url, options.signal);
  }
  if (!response.ok) throw await toRefusal(response, url);
  return response;
}

function toTransportError(error: unknown, url: string, asked: AbortSignal | undefined): unknown {
  if (asked?.aborted) return asked.reason;
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new AlwaysOnError('AON_TIMEOUT', `${url} did not answer in time.`, { cause: error });
  }
  return new AlwaysOnError('AON_UNREACHABLE', `${url} does not answer.`, { cause: error });
}

async function toRefusal(response: Response, url: string): Promise<AlwaysOnError> {
  const problem = Problem.safeParse(await response.json().catch(() => undefined));
  if (problem.success) return fromProblem(problem.data);
  return new AlwaysOnError(
    'AON_UNREACHABLE',
    `${url} answered ${response.status} and no reason; is it AlwaysOn that listens there?`,
  );
}
