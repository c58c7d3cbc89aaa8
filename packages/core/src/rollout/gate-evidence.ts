import type { ShareCause } from '@alwayson/protocol/shares.ts';
import type { GateCell, GateSide } from './gate-cells.ts';
import type { GateCounts } from './gate-counts.ts';

/** What a step is judged from. Plain JSON; all times in ms. */
export interface GateEvidence {
  /** The candidate's digest, as the cause of the shares names it. */
  release: string;
  /** What users got in this step. */
  counts: GateCounts;
  /** What they got of the live release in the last step in which it had requests: for when it has none any more. */
  before: readonly GateCell[];
  /** What we asked ourselves in this step, because users sent too little. */
  synthetic: readonly GateCell[];
  units: readonly GateUnit[];
  queues: readonly GateQueue[];
  /** Null while shares were not decided. */
  cause: ShareCause | null;
  signals: readonly GateSignal[];
  /** Candidate stamps that are not ready. */
  unready: readonly UnreadyStamp[];
  /** Regions with traffic for the candidate of which no observer told anything for long. */
  unseen: readonly string[];
}

export interface GateUnit {
  component: string;
  stamp: string;
  zone: string;
  side: GateSide;
  /** Since the step began. */
  restarts: number;
  isReady: boolean;
  /** Of the candidate as it is now, of the live release the most in this rollout; null when it is not known. */
  memoryBytes: number | null;
}

export interface QueueLook {
  at: number;
  oldestAgeMs: number;
  depth: number | null;
}

export interface GateQueue {
  region: string;
  /** As it was when the rollout began; the first that is known. */
  before: QueueLook;
  /** The last few, oldest first. */
  looks: readonly QueueLook[];
}

/** A counter of a component, since the step began. */
export interface SignalCount {
  count: number;
  /** Requests that the component itself counted; null when it does not. */
  requests: number | null;
}

export interface EarlierCount extends SignalCount {
  /** Requests of users at the same time. */
  users: number;
}

export type GateSignal = { name: string } & Record<GateSide, SignalCount> & {
    /** Of the live release in the last step in which it had enough requests. */
    before: EarlierCount | null;
  };

export interface UnreadyStamp {
  stamp: string;
  /** For how long it has been so. */
  forMs: number;
  /** A stamp of the live release in the same zone is ready: the zone is not to blame. */
  isZoneWell: boolean;
}
