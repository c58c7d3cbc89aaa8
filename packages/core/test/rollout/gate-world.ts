import { createHistogram, toLatencyBucket } from '@alwayson/protocol/latency-histogram.ts';
import type { Observation, TrafficWindow } from '@alwayson/protocol/observation.ts';
import type { ShareCause } from '@alwayson/protocol/shares.ts';
import { addToCells, type GateCell, type GateRequests, type GateSide } from '../../src/rollout/gate-cells.ts';
import { firstGateCounts } from '../../src/rollout/gate-counts.ts';
import type { GateEvidence, GateUnit } from '../../src/rollout/gate-evidence.ts';
import type { GateFlow, GateRules } from '../../src/rollout/gate-rules.ts';
import { judgeGate } from '../../src/rollout/judge-gate.ts';

export const flowOf = (name: string, isRequired = true): GateFlow => ({
  name,
  isRequired,
  probePath: '/',
  objectiveMs: 300,
});

export const rules: GateRules = {
  requestsMin: 50,
  failureDifference: 1,
  latencyRatio: 2,
  warmUpMs: 0,
  memoryRatio: 2,
  flows: [flowOf('list'), flowOf('view')],
  signals: [],
};

export function causeOf(kind: ShareCause['kind'], change: Partial<ShareCause> = {}): ShareCause {
  return { kind, stamps: [], dependencies: [], ...change };
}

/** Nothing happened yet, and all is well. */
export function evidenceOf(change: Partial<GateEvidence> = {}): GateEvidence {
  return {
    release: 'abc',
    counts: firstGateCounts(0),
    before: [],
    synthetic: [],
    units: [],
    queues: [],
    cause: causeOf('none'),
    signals: [],
    unready: [],
    unseen: [],
    ...change,
  };
}

export function withCells(cells: readonly GateCell[], change: Partial<GateEvidence> = {}): GateEvidence {
  return evidenceOf({ counts: { ...firstGateCounts(0), cells }, ...change });
}

/** Good and bad ones that all took as long. */
export function requestsOf(
  side: GateSide,
  {
    region = 'west',
    flow = 'list',
    good = 0,
    bad = 0,
    ms = 10,
  }: Partial<GateRequests> & { ms?: number } = {},
): GateRequests {
  const latency = createHistogram();
  const sumsMs = createHistogram();
  latency[toLatencyBucket(ms)] = good + bad;
  sumsMs[toLatencyBucket(ms)] = (good + bad) * ms;
  return { side, region, flow, good, bad, latency, sumsMs };
}

/** In ten portions, as time brings them. */
export function cellsOf(...all: readonly GateRequests[]): GateCell[] {
  const portions = 10;
  let cells: GateCell[] = [];
  for (let n = 0; n < portions; n += 1) {
    const part = (count: number) =>
      Math.floor((count * (n + 1)) / portions) - Math.floor((count * n) / portions);
    for (const requests of all) {
      const { good, bad, latency, sumsMs } = requests;
      const portion = {
        good: part(good),
        bad: part(bad),
        latency: latency.map(part),
        sumsMs: sumsMs.map(part),
      };
      cells = addToCells(cells, { ...requests, ...portion });
    }
  }
  return cells;
}

export function unitOf(side: GateSide, change: Partial<GateUnit> = {}): GateUnit {
  const stamp = `west-1-${side === 'candidate' ? 'new' : 'old'}`;
  return {
    component: 'api',
    stamp,
    zone: 'west-1',
    side,
    restarts: 0,
    isReady: true,
    memoryBytes: null,
    ...change,
  };
}

/** What an observer tells at `at` of slices of a second, of which each had one good request of 10 ms to each stamp. */
export function observationAt(at: number, region: string, stamps: readonly string[]): Observation {
  const last = Math.floor(at / 1000) * 1000;
  const slices = Array.from({ length: 30 }, (_, n) => last - (30 - n) * 1000)
    .filter((from) => from >= 0)
    .map((from): TrafficWindow['slices'][number] => {
      const { good, bad, latency, sumsMs } = requestsOf('live', { good: 1 });
      return { from, to: from + 1000, good, bad, latency: [...latency], sumsMs: [...sumsMs] };
    });
  return {
    region,
    at: new Date(at).toISOString(),
    countersSince: new Date(0).toISOString(),
    flows: [],
    probes: [],
    windows: stamps.map((stamp) => ({ flow: 'list', stamp, slices })),
    linesLost: 0,
  };
}

export const oneFlow: GateRules = { ...rules, flows: [flowOf('list')] };

/** Enough of everything, and nothing wrong. */
export function calm(): GateCell[] {
  return cellsOf(requestsOf('candidate', { good: 310 }), requestsOf('live', { good: 5890 }));
}

export function judge(evidence: GateEvidence, { final = true, given = oneFlow } = {}) {
  const { verdict, checks } = judgeGate(evidence, given, { final });
  const find = (name: string) => checks.filter((check) => check.name === name);
  return { verdict, find, failed: checks.filter((check) => check.verdict === 'fail') };
}
