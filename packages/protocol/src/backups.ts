import { z } from 'zod';
import { Name } from './words.ts';

/** What must hold in the workload's data: SQL that returns a row for everything that is wrong. */
export const Invariant = z.strictObject({
  name: Name,
  query: z.string().min(1).max(1000),
});
export type Invariant = z.infer<typeof Invariant>;

/** The manifest's `backups`: of the database, in two regions, encrypted, restored and looked through by the system itself. */
export const Backups = z.strictObject({
  /** What changed since the last one. The log between them is archived all the time, at least each minute. */
  everyHours: z.number().min(1).max(168).default(6),
  /** Everything. */
  fullEveryHours: z.number().min(1).max(720).default(24),
  /** How long they are kept; 28 is usual where others are answered to. */
  retentionDays: z.int().min(1).max(365).default(7),
  /** One is restored to a throwaway server, replayed and read whole. */
  verifyEveryHours: z.number().min(1).max(720).default(24),
  /** Asked of what was restored: a backup in which one does not hold is not proven. */
  invariants: z.array(Invariant).max(50).default([]),
});
export type Backups = z.infer<typeof Backups>;

/**
 * Backups on the wire: `GET /api/backups` answers a BackupsReport; `POST /api/backups` and `POST /api/backups/verify` begin an operation.
 * Fields are added, never removed or renamed.
 */
export const Backup = z.object({
  /** pgBackRest's name of it, unique in its region. */
  label: z.string(),
  /** Where it is kept. */
  region: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  /** ISO 8601. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** Of the database, and of what this one added to the repository. */
  bytes: z.number(),
  addedBytes: z.number(),
  note: z.string().nullable(),
  /** Pages were found damaged while it was made. */
  hasErrors: z.boolean(),
});
export type Backup = z.infer<typeof Backup>;

export const Verification = z.object({
  /** ISO 8601. */
  at: z.string(),
  region: z.string(),
  /** Of the backup; null for the newest. */
  label: z.string().nullable(),
  passed: z.boolean(),
  steps: z.array(z.object({ name: z.string(), ms: z.number() })),
  /** Why it did not pass. */
  reason: z.string().optional(),
});
export type Verification = z.infer<typeof Verification>;

export const BackupsReport = z.object({
  /** Null when all is well; else why there are none, or why they are late. */
  trouble: z.string().nullable(),
  /** Newest first. */
  backups: z.array(Backup),
  /** What the writer archived last, and what it could not. */
  archive: z.object({ lastAt: z.string().nullable(), lastFailedAt: z.string().nullable() }),
  /** Newest first. */
  verifications: z.array(Verification),
  retentionDays: z.int(),
});
export type BackupsReport = z.infer<typeof BackupsReport>;

export const BackupRequest = z.strictObject({
  note: z.string().min(1).max(200).optional(),
  owner: z.string().min(1).max(200),
});
export type BackupRequest = z.infer<typeof BackupRequest>;

export const VerifyRequest = z.strictObject({
  label: z.string().min(1).max(100).optional(),
  /** Where it is kept; the last region when absent. */
  region: z.string().min(1).optional(),
  owner: z.string().min(1).max(200),
});
export type VerifyRequest = z.infer<typeof VerifyRequest>;
