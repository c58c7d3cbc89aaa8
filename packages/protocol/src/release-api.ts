import { z } from 'zod';
import { HistoryEntry, RolloutPlan } from './releases.ts';

/** What is asked of a release history: newest last, the newest `limit` of them. */
export const HistoryQuery = z.object({
  /** Entries of this release's rollouts: a version or digest. */
  release: z.string().min(1).optional(),
  rollout: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

export const ReleaseHistory = z.array(HistoryEntry);

/** Whether every line of the history still carries the hash of the line before it. */
export const HistoryCheck = z.object({
  entries: z.int(),
  whole: z.boolean(),
  /** `seq` of the first entry that does not fit. */
  brokenAt: z.int().nullable(),
});
export type HistoryCheck = z.infer<typeof HistoryCheck>;

/**
 * A plan that is being made: the release is prepared first, which may take minutes. Null until then. It is not kept over a restart
 * of the control plane: who gets AON_NOT_FOUND asks for the plan again, and what was prepared already is not prepared again.
 */
export const RolloutPlanning = z.object({ planning: z.string(), plan: RolloutPlan.nullable() });
export type RolloutPlanning = z.infer<typeof RolloutPlanning>;

export const previewMinutesMax = 24 * 60;

export const PreviewRequest = z.strictObject({
  /** A version, digest or stamp whose stamps stand. */
  target: z.string().min(1),
  minutes: z.int().min(1).max(previewMinutesMax).default(30),
});
export type PreviewRequest = z.infer<typeof PreviewRequest>;

/** A signed token: requests that carry it reach stamps that get no other traffic. */
export const PreviewToken = z.object({ token: z.string(), expiresAt: z.string() });
export type PreviewToken = z.infer<typeof PreviewToken>;
