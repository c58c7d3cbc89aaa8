import type { Authority } from '../recovery/authority.ts';
import type { UnitState } from '@alwayson/protocol/units.ts';

/** What one standby looks like from the server it streams from. */
interface ReplicaAnswer {
  streaming: boolean;
  /** True when the server counts it as its synchronous standby. */
  sync: boolean;
  lagBytes: number;
  /** Since its last confirmation; a frozen standby stays listed as streaming for seconds. */
  replyAgeMs: number;
  /** How long the last confirmed write took; null when there was none lately. */
  confirmMs: number | null;
}

/** What a member says about itself in one probe. */
export interface MemberAnswer {
  inRecovery: boolean;
  /** Null for a standby that does not stream. */
  timeline: number | null;
  /** The member it receives from. */
  streamsFrom: string | null;
  /** The application's database exists. */
  bootstrapped: boolean;
  /** By member id. */
  replicas: Readonly<Record<string, ReplicaAnswer>>;
  /** Permanent replication slots, usable ones and lost ones. */
  slots: readonly { name: string; lost: boolean }[];
}

/** What a stopped member's data folder holds. `broken`: nothing that could be started. */
export type DataFolder =
  | { kind: 'unknown' | 'absent' | 'broken' }
  /** Last run as a primary or as a standby, up to this timeline. */
  | { kind: 'primary' | 'standby'; timeline: number };

export interface MemberObservation {
  /** The zone's host. `refused`: nobody listens there, hard evidence that it is gone. */
  host: 'connected' | 'refused' | 'silent' | 'unknown';
  /** What its host says of the process; null when the host does not know the unit. */
  process: UnitState | null;
  /** How the last probe over SQL ended; `starting`: the server is there and lets nobody in yet. */
  sql: 'answers' | 'refused' | 'starting' | 'silent' | 'unknown';
  /** Probes in a row that it took and did not answer: one that refuses is starting, or down. */
  silences: number;
  /** Since the last answer, or since watching began. */
  sinceAnswerMs: number;
  /** The last answer; null unless `sql` is `answers`. */
  answer: MemberAnswer | null;
  data: DataFolder;
  /** How the present writer sees this member: listed, streaming and confirming. Starts anew with a new writer. */
  link: {
    attached: boolean;
    /** The writer's answers in a row that did not show it attached. */
    misses: number;
    forMs: number;
  };
  /** Tries since it was last attached. */
  tries: { starts: number; rejoins: number };
}

export interface DatabaseObservation {
  /** How long this controller has been watching. */
  watchedForMs: number;
  /** This controller has seen the present writer answer in the present term. */
  writerSeen: boolean;
  /** The standby for which the writer was proven to wait, under the present record. */
  provenSync: string | null;
  /** What the register of who may write says now. */
  authority: Pick<Authority, 'epoch' | 'writer' | 'phase'>;
  members: Readonly<Record<string, MemberObservation>>;
}
