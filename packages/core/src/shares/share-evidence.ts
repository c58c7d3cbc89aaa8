import type { GatewayServer, RouteRollout } from '@alwayson/protocol/routes.ts';
import type { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { Criticality, State } from '@alwayson/protocol/words.ts';

/** What shares are decided from. All times are in ms on the clock of `now`; evidence older than `evidenceTtlMs` counts as none. */
export interface ShareEvidence {
  stamps: readonly StampEvidence[];
  /** Of the last 10 to 30 s; one entry per gateway and flow. */
  demand: readonly FlowDemand[];
  flows: readonly FlowRule[];
  /** Stores without which a stamp cannot serve. Trouble with any other degrades it at most. */
  hardDependencies: readonly string[];
  /** How traffic is divided between two releases; null without a rollout: then all stamps are alike. */
  rollout: RouteRollout | null;
  /** Flows that only one of the two releases declares. */
  onlyIn: readonly OnlyIn[];
}

export interface OnlyIn {
  flow: string;
  release: string;
}

export interface StampEvidence {
  id: string;
  region: string;
  release: string;
  /** Requests per second of the whole stamp. */
  capacity: { declared: number; measured: number | null };
  operator: { state: 'off' | 'drain' | 'maintenance'; reason: string } | null;
  /** What the hosts say of the processes it cannot serve without. `gone` is a fact, not the absence of one. */
  process: 'running' | 'gone' | 'unknown';
  /** The last question to its agent, `silent` when the answer did not come; null before the first. Each counts as one look. */
  contact: StampContact | null;
  gateways: readonly GatewayView[];
  /** Every attempt counts, also those that a retry made good. */
  traffic: readonly FlowTraffic[];
  /** Requests from outside to this stamp alone. */
  probes: readonly StampProbe[];
  /** The health model's word on this stamp, from signals of its own; null when there is none. */
  verdict: { state: State; reason: string } | null;
}

export type StampContact =
  | { at: number; kind: 'answered'; status: number; health: StampHealth | null }
  | { at: number; kind: 'refused' | 'reset' | 'silent' };

export interface GatewayView {
  region: string;
  at: number;
  /** The rows of this stamp in the gateway's report; `at` is its `seenAt`. */
  servers: readonly GatewayServer[];
}

export interface FlowTraffic {
  flow: string;
  /**
   * Of the last 30 s, oldest first and without overlap, the same spans for every stamp. Of 1 s each: with 2 s a slow stamp is found
   * after 14 s instead of 8.
   */
  slices: readonly TrafficSlice[];
}

export interface TrafficSlice {
  from: number;
  to: number;
  good: number;
  bad: number;
  /** Counts by `latencyBoundsMs` and one above. */
  latency: readonly number[];
}

export interface StampProbe {
  flow: string;
  at: number;
  ok: boolean;
  /** Results of this kind in a row. */
  streak: number;
}

export interface FlowDemand {
  /** The gateway's region. */
  gateway: string;
  flow: string;
  requestsPerSecond: number;
}

export interface FlowRule {
  name: string;
  criticality: Criticality;
  /** The latency objective. */
  latencyMs: number;
}

/** Three rounds of 2 s (health.md 3.2, rule 3). */
export const evidenceTtlMs = 6000;

export function isFresh(at: number, now: number): boolean {
  return now - at <= evidenceTtlMs;
}
