import type { Observation } from '@alwayson/protocol/observation.ts';
import type { ShareCause } from '@alwayson/protocol/shares.ts';
import type { GateRequests, GateSide } from './gate-cells.ts';
import type { QueueLook } from './gate-evidence.ts';

/** What is known at one look. */
export interface GateFacts {
  now: number;
  stamps: readonly SeenStamp[];
  observations: readonly Observation[];
  units: readonly SeenUnit[];
  /** Queues whose age is known. */
  queues: readonly { region: string; look: QueueLook }[];
  cause: ShareCause | null;
  /** The last of each stamp and component. */
  readings: readonly SignalReading[];
  /** Answers that we asked for since the last look. */
  answers: readonly GateRequests[];
}

export interface SeenStamp {
  id: string;
  region: string;
  zone: string;
  side: GateSide;
  /** Its host answers. */
  isReachable: boolean;
  isReady: boolean;
}

export interface SeenUnit {
  id: string;
  component: string;
  stamp: string;
  zone: string;
  side: GateSide;
  /** As its host counts them, of all time. */
  restarts: number;
  isReady: boolean;
  memoryBytes: number | null;
}

/** What a component's `/metrics` said. */
export interface SignalReading {
  stamp: string;
  component: string;
  at: number;
  /** Sums over all series, by metric. One that is not there is 0. */
  values: Readonly<Record<string, number>>;
  /** Requests that it has answered; null when it does not count them. */
  requests: number | null;
}
