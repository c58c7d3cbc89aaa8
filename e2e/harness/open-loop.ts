import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/**
 * An open-loop client: requests leave at a fixed rate whether or not earlier ones were answered, and latency counts from the
 * moment a request was due. It never retries. Half of the requests use kept connections, half a new one each.
 */
export interface OpenLoopOptions {
  url: string;
  requestsPerSecond: number;
  /** What to ask next; the path and, for writes, method, headers and body. */
  next(index: number): LoadRequest;
  /** A request without an answer for this long has failed. */
  timeoutMs?: number;
}

export interface LoadRequest {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadResult {
  index: number;
  request: LoadRequest;
  /** Milliseconds since the load started at which the request was due. */
  dueMs: number;
  latencyMs: number;
  status: number | null;
  headers: Record<string, string | string[] | undefined>;
  error?: string;
  server?: string;
}

export interface OpenLoop {
  /** Milliseconds since the load started, on the clock of `dueMs`. */
  elapsedMs(): number;
  /** Stops sending, waits for the last answers, returns all results in order of sending; may be called again. */
  stop(): Promise<LoadResult[]>;
}

export function startOpenLoop(options: OpenLoopOptions): OpenLoop {
  const { requestsPerSecond, timeoutMs = 15_000 } = options;
  const kept = new Agent({ keepAlive: true, maxSockets: 512 });
  const fresh = new Agent({ keepAlive: false });
  const startedAt = performance.now();
  const intervalMs = 1000 / requestsPerSecond;
  const pending: Promise<LoadResult>[] = [];

  const sendDue = () => {
    const due = Math.floor((performance.now() - startedAt) / intervalMs);
    while (pending.length <= due) {
      const index = pending.length;
      const agent = index % 2 === 0 ? kept : fresh;
      const plan = { index, request: options.next(index), dueMs: index * intervalMs };
      pending.push(send(plan, { base: options.url, agent, timeoutMs, startedAt }));
    }
  };
  let stopped: Promise<LoadResult[]> | undefined;
  const timer = setInterval(sendDue, Math.max(1, Math.min(5, intervalMs)));

  return {
    elapsedMs: () => performance.now() - startedAt,
    stop() {
      clearInterval(timer);
      stopped ??= Promise.all(pending).finally(() => {
        kept.destroy();
        fresh.destroy();
      });
      return stopped;
    },
  };
}

interface SendContext {
  base: string;
  agent: Agent;
  timeoutMs: number;
  startedAt: number;
}

type Plan = Pick<LoadResult, 'index' | 'request' | 'dueMs'>;

function send(plan: Plan, { base, agent, timeoutMs, startedAt }: SendContext): Promise<LoadResult> {
  const { path, method = 'GET', headers = {}, body } = plan.request;
  return new Promise((resolve) => {
    const finish = (rest: { status: number | null; error?: string }, response?: IncomingMessage) => {
      const server = response?.headers['x-server-name'];
      resolve({
        ...plan,
        ...rest,
        latencyMs: performance.now() - startedAt - plan.dueMs,
        headers: response?.headers ?? {},
        ...(typeof server === 'string' ? { server } : {}),
      });
    };
    const sized = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      new URL(path, base),
      { method, headers: { ...headers, ...sized }, agent },
      (response) => {
        response.on('data', () => {});
        response.on('end', () => finish({ status: response.statusCode ?? null }, response));
        response.on('error', (error) =>
          finish({ status: null, error: `while reading: ${error.message}` }, response),
        );
      },
    );
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.on('error', (error) =>
      finish({ status: null, error: `${error.message} (${describe(outgoing)})` }),
    );
    outgoing.on('socket', (socket) => note(socket));
    outgoing.end(body);
  });
}

/** When a connection was made, when it was used last, and when before that. */
const uses = new WeakMap<Socket, { madeAt: number; at: number; idleMs: number }>();

function note(socket: Socket): void {
  const now = performance.now();
  const { madeAt, at } = uses.get(socket) ?? { madeAt: now, at: now };
  uses.set(socket, { madeAt, at: now, idleMs: now - at });
}

/** What a failure without an answer has to tell: an end of a kept connection is often that of a process behind it. */
function describe({ socket, reusedSocket }: ClientRequest): string {
  const use = socket === null ? undefined : uses.get(socket);
  if (use === undefined || !reusedSocket) return 'on a new connection';
  const age = performance.now() - use.madeAt;
  return `on a connection of ${age.toFixed(0)} ms, idle for ${use.idleMs.toFixed(0)} ms before`;
}

/** Requests that did not get a 2xx or 3xx. */
export function failuresOf(results: readonly LoadResult[]): LoadResult[] {
  return results.filter(({ status }) => status === null || status >= 400);
}

/** A short account of failures for an assertion's message. */
function sayAnswer({ status, server, error }: LoadResult): string {
  return status === null ? (error ?? 'no answer') : `${status} by ${server ?? 'the gateway'} ${error ?? ''}`;
}

export function describeFailures(failures: readonly LoadResult[]): string {
  return failures
    .slice(0, 12)
    .map(
      (f) =>
        `#${f.index} at ${f.dueMs.toFixed(0)} ms ${f.request.method ?? 'GET'} ${f.request.path}: ${sayAnswer(f)}, after ${f.latencyMs.toFixed(0)} ms`,
    )
    .join('\n');
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
