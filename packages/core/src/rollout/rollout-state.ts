import type { GateResult, RolloutHold, RolloutPhase, TrafficStep } from '@alwayson/protocol/releases.ts';

/** The part of each region's traffic that a candidate gets, 0..1, by region. */
export type TrafficParts = Readonly<Record<string, number>>;

/** Fixed when the rollout begins: what was planned is what runs. */
export interface RolloutProgram {
  id: string;
  kind: 'deploy' | 'rollback';
  /** Digests and versions. */
  release: string;
  version: string;
  from: string;
  fromVersion: string;
  steps: readonly TrafficStep[];
  /** Stamps that are to be added for the release, by id. Empty when they still stand. */
  stamps: readonly string[];
  /** Contract migrations to run before the old stamps go; empty without any. */
  contract: readonly string[];
  holdMs: number;
  owner: string;
  reason: string | null;
}

/** Where a rollout stands. Plain JSON: it is a record, and survives every process. */
export interface RolloutState {
  program: RolloutProgram;
  phase: RolloutPhase;
  /** When the phase began, ms. */
  since: number;
  startedAt: number;
  /** Index into the program's steps: of the step that is being taken or looked at; -1 before the first. */
  step: number;
  /** In force as far as the program is concerned. */
  parts: TrafficParts;
  hold: (Omit<RolloutHold, 'since'> & { since: number }) | null;
  /** Set once it is on its way back: why. */
  undoing: string | null;
  /** Every phase that was entered, with its time. */
  phases: readonly { name: string; at: number }[];
  gates: readonly GateResult[];
  /** Null while it runs. */
  end: { at: number; state: 'succeeded' | 'undone' | 'failed'; live: string } | null;
}
