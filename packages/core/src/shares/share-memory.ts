import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import type { SharePool, ShareWeights, StampClass } from '@alwayson/protocol/shares.ts';
import type { Standing } from './readmission.ts';
import type { DemandMemory } from './plan-demand.ts';
import type { SheddingMemory } from './decide-shedding.ts';

/** Why a stamp is not `ok`. Keys that begin with `dependency:` or `flow:` name something that other stamps may see as well. */
export interface ClassReason {
  level: Exclude<StampClass, 'ok'>;
  key: string;
  text: string;
}

/** How many looks in a row were at least that bad, or better than that. */
export interface LevelRun {
  bad: number;
  better: number;
  active: boolean;
}

export interface StampLatch {
  /** The look counted last. */
  observedAt: number;
  degraded: LevelRun;
  soft: LevelRun;
  hard: LevelRun;
  /** What the level rests on, kept while it is held without new evidence. */
  reasons: ClassReason[];
}

export interface StampMemory {
  latch: StampLatch;
  /** Since when this stamp alone, or with some others, sees something bad that others see good. */
  differing: Record<string, number>;
  standing: Standing;
  class: StampClass;
  since: number;
  reasons: ClassReason[];
}

export interface Suspicion {
  /** Since when it fails more often than its siblings; null when it does not. */
  errorsSince: number | null;
  /** Slow windows in a row, up to now. */
  slowWindows: number;
}

/** Weights that were given out. */
export interface CommittedRouting {
  at: number;
  generation: number;
  weights: ShareWeights;
  pools: SharePool[];
  detours: { flow: string; weights: ShareWeights }[];
  /** What they were made for, during a rollout. */
  rollout?: RouteRollout;
}

/** Everything that shares remember: plain JSON, so that it survives the process. Bounded by stamps x flows. */
export interface ShareMemory {
  stamps: Record<string, StampMemory>;
  /** `stamp flow` -> standing of that stamp for that flow alone. Without an entry it serves. */
  flowStandings: Record<string, Standing>;
  /** `stamp flow` -> suspicion. */
  suspicions: Record<string, Suspicion>;
  demand: DemandMemory;
  demandAt: number | null;
  /** Whether degraded stamps get half of what is theirs. */
  degradedHalved: boolean;
  routing: CommittedRouting | null;
  /** Absent in what was kept by an earlier version. */
  shedding?: SheddingMemory;
}

export const firstShareMemory: ShareMemory = {
  stamps: {},
  flowStandings: {},
  suspicions: {},
  demand: { smoothed: {}, planned: {} },
  demandAt: null,
  degradedHalved: true,
  routing: null,
};
