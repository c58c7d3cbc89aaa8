import { z } from 'zod';
import { RecoveryMode, RecoveryReport } from './recovery.ts';

/**
 * A drill runs an operation of recovery on a copy of an environment, under load, and removes the copy. `GET /api/drills` answers what was filed,
 * newest first; `POST /api/drills` takes a DrillEvidence, and answers how it was judged. Fields are added, never removed or renamed.
 */

/** What users of the copy would have felt, counted from outside. */
export const DrillLoad = z.object({
  requests: z.int(),
  /** Without an answer, or with one of 500 and above. */
  failedRequests: z.int(),
  writes: z.int(),
  /** Answered 201 or 202, with a place where they must be found afterwards. */
  acknowledged: z.int(),
  /** Of these, not found afterwards. A restore undoes what came after its target: that does not count. */
  lost: z.int(),
  undone: z.int(),
  /** The longest time without an acknowledged write. */
  longestWriteGapMs: z.number().nullable(),
});
export type DrillLoad = z.infer<typeof DrillLoad>;

/** What whoever ran it saw. */
export const DrillEvidence = z.object({
  mode: RecoveryMode,
  owner: z.string().min(1).max(200),
  /** ISO 8601. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** Label of the backup that the copy was made from, and digest of its release. Null when it did not come to that. */
  backup: z.string().nullable(),
  release: z.string().nullable(),
  /** As the operation measured it, the very same as in earnest. */
  recovery: RecoveryReport.nullable(),
  load: DrillLoad.nullable(),
  phases: z.array(z.object({ name: z.string(), ms: z.number() })),
  /** What kept it from going on. */
  failure: z.string().max(2000).optional(),
});
export type DrillEvidence = z.infer<typeof DrillEvidence>;

export const DrillReport = DrillEvidence.omit({ failure: true }).extend({
  /** `passed`: the operation succeeded, and lost no more than its mode may. */
  state: z.enum(['passed', 'failed']),
  /** Why it failed. */
  reason: z.string().optional(),
});
export type DrillReport = z.infer<typeof DrillReport>;

/** `GET /api/drills/schedules` answers all, `POST` of a DrillScheduleRequest too. */
export const DrillSchedule = z.object({
  mode: RecoveryMode,
  /** Minute, hour, day of the month, month, day of the week; in the time zone of the machine. */
  cron: z.string(),
  owner: z.string(),
  /** ISO 8601. */
  nextAt: z.string(),
});
export type DrillSchedule = z.infer<typeof DrillSchedule>;

export const DrillScheduleRequest = z.strictObject({
  mode: RecoveryMode,
  /** Null ends it. */
  cron: z.string().min(1).max(100).nullable(),
  owner: z.string().min(1).max(100),
});
export type DrillScheduleRequest = z.infer<typeof DrillScheduleRequest>;
