import { z } from 'zod';

/**
 * Recovery on the wire: `GET /api/failover/plan` answers a RecoveryPlan, `POST /api/failover` the operation that it begins, whose result is
 * a RecoveryReport. Fields are added, never removed or renamed.
 */

export const RecoveryCheck = z.object({
  name: z.string(),
  /** `warn` is told and stops nothing. */
  state: z.enum(['pass', 'warn', 'fail']),
  detail: z.string(),
});
export type RecoveryCheck = z.infer<typeof RecoveryCheck>;

/**
 * `planned`: both regions are there, nothing is lost. `emergency`: the writer's region is lost, and what it had not passed on yet.
 * `restore`: the data of a former moment takes the place of today's, and what came after it is undone.
 */
export const RecoveryMode = z.enum(['planned', 'emergency', 'restore']);
export type RecoveryMode = z.infer<typeof RecoveryMode>;

/** What would be lost by leaving the writer's region now, as far as it can be seen from outside. */
export const LossEstimate = z.object({
  /** From the last commit that the candidate has to the last sign of life of the writer; null when there is none. */
  seconds: z.number().nullable(),
  /** Not yet received by the candidate when the writer answered last. At least this much. */
  bytes: z.number().nullable(),
  /** Small writes that wait in the queue of the lost region: they are on its disks, and take effect when it is back. Null when not known. */
  queuedEntries: z.int().nullable(),
});
export type LossEstimate = z.infer<typeof LossEstimate>;

/** What is restored, and from where. */
export const RestoreTarget = z.object({
  /** Of the repository. */
  region: z.string(),
  label: z.string(),
  /** Unix ms of the last moment that is wanted; null for the end of the backup. */
  time: z.number().nullable(),
});
export type RestoreTarget = z.infer<typeof RestoreTarget>;

export const RecoveryPlan = z.object({
  mode: RecoveryMode,
  /** Regions, and the epoch that is in force. */
  from: z.string(),
  to: z.string(),
  epoch: z.int(),
  /** Servers: who writes now, and who then. Null when nobody could. */
  writer: z.string().nullable(),
  candidate: z.string().nullable(),
  isReady: z.boolean(),
  /** Null where nothing is lost. */
  loss: LossEstimate.nullable(),
  /** Of a restore; null when there is none. */
  target: RestoreTarget.nullable().default(null),
  checks: z.array(RecoveryCheck),
  /** In the order in which they happen. After `pointOfNoReturn` there is only forward. */
  steps: z.array(z.object({ name: z.string(), what: z.string(), typicalMs: z.number().nullable() })),
  pointOfNoReturn: z.string(),
  /** The newest drill of this mode that passed; null when there was none. */
  lastDrill: z
    .object({ at: z.string(), rtoMs: z.number().nullable(), lost: z.int() })
    .nullable()
    .default(null),
});
export type RecoveryPlan = z.infer<typeof RecoveryPlan>;

const SwitchMode = RecoveryMode.exclude(['restore']);

export const FailoverQuery = z.object({
  region: z.string().min(1),
  mode: SwitchMode.default('planned'),
});
export type FailoverQuery = z.infer<typeof FailoverQuery>;

export const FailoverRequest = z.strictObject({
  region: z.string().min(1),
  mode: SwitchMode.default('planned'),
  /** Asked of an emergency: whoever sends it has seen the estimate. */
  acceptDataLoss: z.boolean().default(false),
  /** Who wants it, and why. */
  owner: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000).optional(),
});
export type FailoverRequest = z.infer<typeof FailoverRequest>;

/** A time (ISO 8601), or the label of a backup. `GET /api/restore/plan`, `POST /api/restore`: answers are as for a failover. */
const restoreTarget = z.string().min(1).max(100);
export const RestoreQuery = z.object({ to: restoreTarget });
export type RestoreQuery = z.infer<typeof RestoreQuery>;

export const RestoreRequest = z.strictObject({
  to: restoreTarget,
  /** What was written after the target is undone: whoever sends it has seen the plan. */
  acceptDataLoss: z.boolean().default(false),
  owner: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000).optional(),
});
export type RestoreRequest = z.infer<typeof RestoreRequest>;

/** What an operation of recovery measured. Times in ms. */
export const RecoveryReport = z.object({
  /** Its id in the journal. */
  operation: z.string(),
  mode: RecoveryMode,
  /** `succeeded`: `to` writes. `rolled-back`: `from` writes as before. `failed`: see `checks` for where it stands. */
  state: z.enum(['succeeded', 'rolled-back', 'failed']),
  from: z.string(),
  to: z.string(),
  /** In force at the end. */
  epoch: z.int(),
  /** Until every door let writes through: of a planned switch from when a write could first have to wait, of an emergency from its declaration. */
  rtoMs: z.number().nullable(),
  writeGapMs: z.number().nullable(),
  /** Of acknowledged writes. 0 is proven by the token of the old writer's stop, which the new one had received; else it is the estimate. */
  rpoMs: z.number().nullable(),
  /** Null while it is not known: the lost region counts them when it is back (`recovery.salvaged` in the history). */
  lostWrites: z.int().nullable(),
  /** Requests whose outcome is not known to who sent them. */
  unknownOutcomes: z.int().nullable(),
  /** Of users, at every gateway, while it lasted; null when the observers do not know. */
  failedRequests: z.int().nullable(),
  phases: z.array(z.object({ name: z.string(), ms: z.number() })),
  checks: z.array(RecoveryCheck),
});
export type RecoveryReport = z.infer<typeof RecoveryReport>;
