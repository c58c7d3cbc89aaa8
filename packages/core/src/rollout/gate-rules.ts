import type { Manifest } from '@alwayson/protocol/manifest.ts';

/** What a step of a rollout is held against: the manifest of the release that comes. */
export interface GateRules {
  /** Requests of the candidate that a pass needs, synthetic ones included. */
  requestsMin: number;
  /** Percentage points. */
  failureDifference: number;
  latencyRatio: number;
  /** Of a step, from its first request: nobody is called slow yet. */
  warmUpMs: number;
  memoryRatio: number;
  flows: readonly GateFlow[];
  signals: readonly GateSignalRule[];
}

export interface GateFlow {
  name: string;
  /** Without some requests of it there is no pass: users' flows of high criticality. */
  isRequired: boolean;
  /** Path of a safe request that we may send ourselves; null without one. */
  probePath: string | null;
  /** What is promised of its latency, p99. */
  objectiveMs: number;
}

export type GateSignalRule = Manifest['release']['gates']['signals'][number] & {
  /** Flows that pass the component. */
  flows: readonly string[];
};

/** Only flows that the gateway sees are judged; a system's own ones are seen by their queue. */
export function toGateRules({ release, flows, objectives }: Manifest, bakeMs: number): GateRules {
  const { requestsMin, failureDifference, latencyRatio, warmUpSeconds, memoryRatio, signals } = release.gates;
  const routed = flows.filter(({ requests }) => requests.length > 0);
  return {
    requestsMin,
    failureDifference,
    latencyRatio,
    // Most of a bake is for looking.
    warmUpMs: Math.min(warmUpSeconds * 1000, bakeMs / 2),
    memoryRatio,
    flows: routed.map(({ name, kind, criticality, probe, objective }) => ({
      name,
      isRequired: kind === 'user' && criticality === 'high',
      probePath: probe?.path ?? null,
      objectiveMs: objective?.latencyP99Ms ?? objectives.latencyP99Ms,
    })),
    signals: signals.map((signal) => ({
      ...signal,
      flows: routed.filter(({ path }) => path.includes(signal.component)).map(({ name }) => name),
    })),
  };
}
