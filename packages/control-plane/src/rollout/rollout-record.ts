import type { ProberState } from '@alwayson/core/rollout/probe-tally.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { LossReport, ReleaseSource } from '@alwayson/protocol/releases.ts';
import { z } from 'zod';
import type { Records } from '../records/records.ts';

/** What was asked for: enough to begin again from anywhere. */
export const RolloutRequest = z.strictObject({
  id: z.string(),
  kind: z.enum(['deploy', 'rollback']),
  at: z.int(),
  /** The files of a deploy; null when the release is there already. */
  source: z
    .strictObject({
      path: z.string(),
      source: ReleaseSource,
      manifest: Manifest,
      version: z.string().optional(),
    })
    .nullable(),
  /** The digest of a rollback; empty for a deploy. */
  release: z.string(),
  owner: z.string(),
  reason: z.string().optional(),
  planId: z.string().optional(),
  override: z.boolean(),
});
export type RolloutRequest = z.infer<typeof RolloutRequest>;

/** Changes seldom, and is large. */
const Requests = z.strictObject({
  /** Of the rollout that runs, or that ended last. */
  current: RolloutRequest.nullable(),
  /** In the order in which they will have their turn. */
  waiting: z.array(RolloutRequest),
  /** Digest of the release that was live before the present one; empty without one. */
  previous: z.string(),
});
export type RolloutRequests = z.infer<typeof Requests>;

const State = z.custom<RolloutState>(
  (value) => typeof value === 'object' && value !== null && 'program' in value && 'phase' in value,
);

const Prober = z.custom<ProberState>(
  (value) => typeof value === 'object' && value !== null && 'sent' in value,
);

/** Changes every second while a rollout runs. */
const Progress = z.strictObject({
  state: State.nullable(),
  /** Plain JSON of whoever measures. */
  gate: z.unknown(),
  prober: Prober.nullable(),
  webhooks: z.unknown(),
  /** Measured once it has ended. */
  loss: LossReport.nullable(),
  /** Ended, measured, told and tidied up. */
  isClosed: z.boolean(),
});
export type RolloutProgress = z.infer<typeof Progress>;

const noRequests: RolloutRequests = { current: null, waiting: [], previous: '' };
export const noProgress: RolloutProgress = {
  state: null,
  gate: null,
  prober: null,
  webhooks: null,
  loss: null,
  isClosed: true,
};

export interface RolloutRecord {
  requests(): RolloutRequests;
  changeRequests(change: (requests: RolloutRequests) => RolloutRequests): void;
  progress(): RolloutProgress;
  saveProgress(progress: RolloutProgress): void;
}

/** The two records of rollouts. Only one controller writes them, so that a change never meets another. */
export function createRolloutRecord(records: Records): RolloutRecord {
  const readRequests = () => records.read('rollout-requests', Requests, noRequests);
  const readProgress = () => records.read('rollout', Progress, noProgress);
  return {
    requests: () => readRequests().value,
    changeRequests(change) {
      const { version, value } = readRequests();
      const next = change(value);
      if (next !== value) records.commit('rollout-requests', version, next);
    },
    progress: () => readProgress().value,
    saveProgress(progress) {
      records.commit('rollout', readProgress().version, progress);
    },
  };
}
