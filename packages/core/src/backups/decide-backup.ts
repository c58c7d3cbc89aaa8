import type { Backups } from '@alwayson/protocol/backups.ts';

export interface RepositoryFacts {
  region: string;
  /** Of the oldest one. */
  firstAt: number | null;
  /** Unix ms; null without one. */
  lastFullAt: number | null;
  lastAt: number | null;
  /** When one of it was proven last. */
  verifiedAt: number | null;
}

export interface BackupFacts {
  repositories: readonly RepositoryFacts[];
  /** Of the last try to prove one; null without one. */
  verifyTriedAt: number | null;
  /** Of the last try of a backup that failed; null when the last one succeeded. */
  failedAt: number | null;
}

export type BackupDecision =
  | { type: 'none' }
  | { type: 'backup'; region: string; kind: 'full' | 'incr' }
  | { type: 'verify'; region: string };

const hourMs = 3_600_000;
/** What failed is tried again, and does not keep the machine busy with failing. */
const againMs = 600_000;
/** The first one of all is not proven while everything is still starting. */
const firstProofAfterMs = hourMs;

/** What is due: a full backup before what changed, the region that has waited longest first, and a verification when nothing else is. */
export function decideBackup(facts: BackupFacts, policy: Backups, now: number): BackupDecision {
  if (facts.failedAt !== null && now - facts.failedAt < againMs) return { type: 'none' };
  const isOver = (at: number | null, hours: number) => at === null || now - at >= hours * hourMs;
  const byAge = facts.repositories.toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0));
  const full = byAge.find(({ lastFullAt }) => isOver(lastFullAt, policy.fullEveryHours));
  if (full !== undefined) return { type: 'backup', region: full.region, kind: 'full' };
  const changed = byAge.find(({ lastAt }) => isOver(lastAt, policy.everyHours));
  if (changed !== undefined) return { type: 'backup', region: changed.region, kind: 'incr' };
  const mayTry = facts.verifyTriedAt === null || now - facts.verifyTriedAt >= againMs;
  return mayTry ? decideProof(facts, policy, now) : { type: 'none' };
}

/** Each region's in turn: the one that has waited longest. */
function decideProof({ repositories }: BackupFacts, policy: Backups, now: number): BackupDecision {
  const verifiedAt = findLast(repositories);
  const firstAt = findFirst(repositories);
  const isDue =
    verifiedAt === null
      ? firstAt !== null && now - firstAt >= firstProofAfterMs
      : now - verifiedAt >= policy.verifyEveryHours * hourMs;
  const [next] = repositories.toSorted((a, b) => (a.verifiedAt ?? 0) - (b.verifiedAt ?? 0));
  return isDue && next !== undefined ? { type: 'verify', region: next.region } : { type: 'none' };
}

function findFirst(repositories: readonly RepositoryFacts[]): number | null {
  const times = repositories.flatMap(({ firstAt }) => (firstAt === null ? [] : [firstAt]));
  return times.length === 0 ? null : Math.min(...times);
}

function findLast(repositories: readonly RepositoryFacts[]): number | null {
  const times = repositories.flatMap(({ verifiedAt }) => (verifiedAt === null ? [] : [verifiedAt]));
  return times.length === 0 ? null : Math.max(...times);
}

/** Backups that are late by half of their time, or verifications by a whole one, are trouble. */
export function findBackupTrouble(facts: BackupFacts, policy: Backups, now: number): string | null {
  const late = facts.repositories.filter(
    ({ lastAt }) => lastAt === null || now - lastAt > 1.5 * policy.everyHours * hourMs,
  );
  if (late.length > 0) return `no recent backup in ${late.map(({ region }) => region).join(', ')}`;
  const provenAt = findLast(facts.repositories) ?? findFirst(facts.repositories) ?? now;
  return now - provenAt > 2 * policy.verifyEveryHours * hourMs ? 'no backup was verified lately' : null;
}
