import type { BackupFacts } from '@alwayson/core/backups/decide-backup.ts';
import type { RepositoryContent } from '@alwayson/engines/pgbackrest/parse-info.ts';
import type { Verification } from '@alwayson/protocol/backups.ts';

export interface RegionContent {
  region: string;
  content: RepositoryContent;
}

/** What a schedule is decided from. `verifications`: newest first. */
export function toBackupFacts(
  found: readonly RegionContent[],
  { verifications, failedAt }: { verifications: readonly Verification[]; failedAt: number | null },
): BackupFacts {
  const timeOf = (verification: Verification | undefined) =>
    verification === undefined ? null : Date.parse(verification.at);
  return {
    repositories: found.map(({ region, content }) => ({
      region,
      firstAt: content.backups[0]?.endedAt ?? null,
      lastFullAt: content.backups.findLast(({ type }) => type === 'full')?.endedAt ?? null,
      lastAt: content.backups.at(-1)?.endedAt ?? null,
      verifiedAt: timeOf(verifications.find((one) => one.passed && one.region === region)),
    })),
    verifyTriedAt: timeOf(verifications[0]),
    failedAt,
  };
}
