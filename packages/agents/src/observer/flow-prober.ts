import { get } from 'node:http';
import type { ProbeResult } from '@alwayson/protocol/observation.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';

export interface FlowProberOptions {
  /** The public address, such as http://localhost:8080. */
  frontDoor: string;
  flows: readonly { name: string; path: string }[];
  /** Tells the gateway that the request is ours: it is served like any other and counted apart. */
  probeToken: string;
}

export interface FlowProber {
  /** The last result of every flow that was probed. */
  results(): ProbeResult[];
  close(): void;
}

const intervalMs = 5000;
const timeoutMs = 4000;
const bodyBytesMax = 4 * 1024 * 1024;

/**
 * Asks the front door for every flow each 5 s (±10 %), as a user would: a new connection each time, so that it sees a gateway
 * that is gone, and all of the body.
 */
export function startFlowProber({ frontDoor, flows, probeToken }: FlowProberOptions): FlowProber {
  const results = new Map<string, ProbeResult>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  const schedule = (flow: { name: string; path: string }, delayMs: number) => {
    timers.set(
      flow.name,
      setTimeout(() => void run(flow), delayMs),
    );
  };
  const run = async (flow: { name: string; path: string }) => {
    const startedAt = performance.now();
    const answer = await request(new URL(flow.path, frontDoor), probeToken);
    if (closed) return;
    const before = results.get(flow.name);
    results.set(flow.name, {
      flow: flow.name,
      at: new Date().toISOString(),
      durationMs: Math.round(performance.now() - startedAt),
      ...answer,
      streak: before?.ok === answer.ok ? before.streak + 1 : 1,
    });
    schedule(flow, intervalMs * (0.9 + Math.random() * 0.2));
  };
  for (const [index, flow] of flows.entries())
    schedule(flow, (intervalMs * (index + 1)) / (flows.length + 1));

  return {
    results: () => [...results.values()],
    close() {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

type Answer = Pick<ProbeResult, 'ok' | 'status' | 'reason'>;

/** Good is an answer below 400 whose body arrives whole; it never throws. */
function request(url: URL, probeToken: string): Promise<Answer> {
  const headers = { 'user-agent': 'alwayson-observer', [probeTokenHeader]: probeToken };
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error, status: number | null) => {
      const reason = signal.aborted ? `no whole answer within ${timeoutMs} ms` : error.message;
      resolve({ ok: false, status, reason });
    };
    const outgoing = get(url, { agent: false, headers, signal }, (answer) => {
      const status = answer.statusCode ?? 0;
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) answer.destroy(new Error(`more than ${bodyBytesMax} bytes`));
      });
      answer.on('error', (error) => fail(error, status));
      answer.on('end', () =>
        resolve(status < 400 ? { ok: true, status } : { ok: false, status, reason: `HTTP ${status}` }),
      );
    });
    outgoing.on('error', (error) => fail(error, null));
  });
}
