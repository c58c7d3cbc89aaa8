import type { GateRequests, GateSide } from '@alwayson/core/rollout/gate-cells.ts';
import { KeptHttp, NoAnswerError } from '@alwayson/engines/http/kept-http.ts';
import { stampProbeHeader } from '@alwayson/protocol/observation.ts';
import { createHistogram, toLatencyBucket } from '@alwayson/protocol/latency-histogram.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';

export interface AskTarget {
  /** Host and port of a region's gateway. */
  gateway: { address: string; port: number };
  stamp: string;
  side: GateSide;
  /** Of the stamp. */
  region: string;
  flow: string;
  path: string;
}

export interface GateAsker {
  /** Asks these in turn until it is told otherwise; nobody when there are none, or when it hears nothing for a while. */
  want(targets: readonly AskTarget[]): void;
  /** What was answered since the last time. */
  take(): GateRequests[];
  close(): void;
}

/** Ten requests a second in all. */
const everyMs = 100;
const timeoutMs = 3000;
/** Who wanted it may be gone. */
const patienceMs = 3000;
const answersMax = 1000;

/** Sends the requests that users do not: to one stamp each, through a gateway, known as ours by the probe token. */
export function createGateAsker(probeToken: string): GateAsker {
  const connections = new Map<string, KeptHttp>();
  const busy = new Set<string>();
  /** Who was asked least is next. */
  const asked = new Map<string, number>();
  let wanted: readonly AskTarget[] = [];
  let wantedAt = 0;
  let answers: GateRequests[] = [];
  let timer: NodeJS.Timeout | undefined;

  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    for (const connection of connections.values()) connection.close();
    connections.clear();
  };

  const ask = async (target: AskTarget) => {
    const key = toKey(target);
    const connection = connections.get(key) ?? connect(target, probeToken);
    connections.set(key, connection);
    busy.add(key);
    asked.set(key, (asked.get(key) ?? 0) + 1);
    const answer = await askOnce(target, connection);
    busy.delete(key);
    if (answer !== null && answers.length < answersMax) answers.push(answer);
  };

  const next = () => {
    if (performance.now() - wantedAt > patienceMs) {
      stop();
      return;
    }
    const free = wanted.filter((target) => !busy.has(toKey(target)));
    const [least] = free.toSorted((a, b) => (asked.get(toKey(a)) ?? 0) - (asked.get(toKey(b)) ?? 0));
    if (least !== undefined) void ask(least);
  };

  return {
    want(targets) {
      wanted = targets;
      wantedAt = performance.now();
      if (targets.length === 0) {
        stop();
        asked.clear();
      } else timer ??= setInterval(next, everyMs);
    },
    take() {
      const taken = answers;
      answers = [];
      return taken;
    },
    close: stop,
  };
}

function toKey({ gateway, stamp, path }: AskTarget): string {
  return `${gateway.address} ${stamp} ${path}`;
}

function connect({ gateway, stamp, path }: AskTarget, probeToken: string): KeptHttp {
  const headers = {
    'user-agent': 'alwayson-gate',
    [probeTokenHeader]: probeToken,
    [stampProbeHeader]: stamp,
  };
  return new KeptHttp({ host: gateway.address, port: gateway.port, path, headers, timeoutMs });
}

/** Null when the gateway is not there: that says nothing of the stamp. */
async function askOnce(target: AskTarget, connection: KeptHttp): Promise<GateRequests | null> {
  const startedAt = performance.now();
  try {
    const { status } = await connection.ask();
    return toRequests(target, status < 400, performance.now() - startedAt);
  } catch (error) {
    return error instanceof NoAnswerError ? toRequests(target, false, timeoutMs) : null;
  }
}

function toRequests({ side, region, flow }: AskTarget, isGood: boolean, ms: number): GateRequests {
  const [latency, sumsMs] = [createHistogram(), createHistogram()];
  const bucket = toLatencyBucket(Math.round(ms));
  latency[bucket] = 1;
  sumsMs[bucket] = Math.round(ms);
  return { side, region, flow, good: Number(isGood), bad: Number(!isGood), latency, sumsMs };
}
