import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  url: string;
  perSecond: number;
  method?: string;
  headers?: Record<string, string>;
  /** False: a new connection for every request. */
  keepAlive?: boolean;
}

export interface LoadResult {
  sent: number;
  /** Everything but a 200 with a whole body, as text, with the time since the start. */
  failures: string[];
  maxMs: number;
  p99Ms: number;
  byStamp: Map<string, number>;
}

/** An open-loop client: it sends on time whatever happened to the requests before, and repeats nothing. */
export function startLoad(options: LoadOptions): {
  stop(): Promise<LoadResult>;
  readonly result: LoadResult;
} {
  const keepAlive = options.keepAlive ?? true;
  // Every connection comes back soon.
  const agent = new Agent({
    keepAlive,
    scheduling: 'fifo',
    maxSockets: keepAlive ? 32 : Number.POSITIVE_INFINITY,
  });
  const result: LoadResult = { sent: 0, failures: [], maxMs: 0, p99Ms: 0, byStamp: new Map() };
  const times: number[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  const stopping = new AbortController();

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * options.perSecond);
      for (; result.sent < due; result.sent += 1) {
        const sentAt = performance.now();
        const one = send(options, agent)
          .then((stamp) => void result.byStamp.set(stamp, (result.byStamp.get(stamp) ?? 0) + 1))
          .catch(
            (error: unknown) =>
              void result.failures.push(`${Math.round(sentAt - startedAt)} ms: ${String(error)}`),
          )
          .then(() => {
            times.push(performance.now() - sentAt);
            open.delete(one);
          });
        open.add(one);
      }
      await sleep(5);
    }
  })();

  return {
    result,
    async stop() {
      stopping.abort();
      await loop;
      await Promise.all(open);
      agent.destroy();
      times.sort((a, b) => a - b);
      result.maxMs = Math.round(times.at(-1) ?? 0);
      result.p99Ms = Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
      return result;
    },
  };
}

function send(options: LoadOptions, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const { url, method = 'GET', headers = {} } = options;
    const outgoing = request(url, { agent, method, headers, timeout: 15_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode !== 200) reject(new Error(`${answer.statusCode} ${text.slice(0, 80)}`));
        else resolve((JSON.parse(text) as { stamp: string }).stamp);
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('client timeout')));
    outgoing.on('error', reject);
    outgoing.end(method === 'GET' ? undefined : '{"a":1}');
  });
}
