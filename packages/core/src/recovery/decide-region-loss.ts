import type { MemberObservation } from '../database/database-observation.ts';

/** What two sites say of the region that writes: the witness, where this is decided, and the servers of the other regions. */
export interface RegionLossFacts {
  /** As the witness sees the region's zones. */
  hosts: readonly MemberObservation['host'][];
  /** Of the region's database servers, how each answers the witness. */
  servers: readonly MemberObservation['sql'][];
  /** Of each database server elsewhere that answers: whether it still receives from a server of the region. */
  receivers: readonly boolean[];
}

/** Since when all of it has spoken for a loss; null while something speaks against it. Unix ms. */
export interface RegionLossWatch {
  since: number | null;
  seenAt: number;
}

/** Who has not looked for this long was away, and may be the one who is cut off. */
const awayMs = 5000;

export const firstRegionLossWatch: RegionLossWatch = { since: null, seenAt: -Infinity };

/**
 * Two of three sites have to agree (recovery.md 2.2): the witness reaches nothing of the region, and elsewhere somebody answers and nobody
 * receives from it. A witness that is cut off itself reaches nobody; a region that only its link to the witness has lost still replicates.
 */
export function isRegionLost({ hosts, servers, receivers }: RegionLossFacts): boolean {
  const isGone = (contact: string) => contact === 'refused' || contact === 'silent';
  return (
    hosts.length > 0 &&
    hosts.every(isGone) &&
    servers.every(isGone) &&
    receivers.length > 0 &&
    receivers.every((receives) => !receives)
  );
}

export function settleRegionLoss(
  before: RegionLossWatch,
  facts: RegionLossFacts,
  now: number,
): RegionLossWatch {
  if (!isRegionLost(facts)) return { since: null, seenAt: now };
  const wasAway = now - before.seenAt > awayMs;
  return { since: wasAway ? now : (before.since ?? now), seenAt: now };
}
