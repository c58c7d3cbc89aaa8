import type { ListedRelease } from '@alwayson/protocol/releases.ts';

export interface RetentionInput {
  releases: readonly Pick<ListedRelease, 'digest' | 'createdAt' | 'state'>[];
  /** How many are kept beside the live one (`release.keep`). */
  keep: number;
  /** Digests that stay whatever their age: what a rollback would take, what a plan or a rollout names. */
  kept: ReadonlySet<string>;
}

/**
 * Digests of the releases to remove from the disk, oldest first: those beyond the newest `keep` that nothing runs and nobody named.
 * What stays for another reason counts too.
 */
export function decideRetention({ releases, keep, kept }: RetentionInput): string[] {
  const beside = releases.filter(({ state }) => state !== 'live');
  const oldestFirst = beside.toSorted(
    (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.digest < b.digest ? -1 : 1),
  );
  const removable = oldestFirst.filter(({ digest, state }) => state === 'stored' && !kept.has(digest));
  return removable.slice(0, Math.max(0, beside.length - keep)).map(({ digest }) => digest);
}
