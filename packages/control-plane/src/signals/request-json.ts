import { AlwaysOnError, fromProblem } from '@alwayson/protocol/errors.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import type { z } from 'zod';

export interface JsonRequest {
  url: string;
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  token?: string;
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs?: number;
  /** Statuses beside 2xx whose body is the answer too. */
  accept?: readonly number[];
}

/** Asks one of our own small processes and checks the answer. Throws AON_UNREACHABLE, or the error that was answered. */
export async function requestJson<T>(schema: z.ZodType<T>, request: JsonRequest): Promise<T> {
  const { url, method = 'GET', token, headers = {}, body, timeoutMs = 2000, accept = [] } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new AlwaysOnError('AON_UNREACHABLE', `${method} ${url} was not answered.`, { cause: error });
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok || accept.includes(response.status)) return schema.parse(answer);
  const problem = Problem.safeParse(answer);
  if (problem.success) throw fromProblem(problem.data);
  throw new AlwaysOnError('AON_UNREACHABLE', `${method} ${url} answered ${response.status}.`);
}
