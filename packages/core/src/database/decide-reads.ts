import type { DatabaseObservation } from './database-observation.ts';
import type { DatabasePolicy, DatabaseRecord } from './database-record.ts';
import { isDetached, isStandby } from './member-evidence.ts';

/**
 * The member that a zone's door sends reads to: the zone's own standby, else another standby of the region, else the
 * writer. A standby that lost the writer does not count: it would serve an old picture.
 */
export function decideReads(
  zone: { name: string; region: string },
  record: DatabaseRecord,
  { observation, policy }: { observation: DatabaseObservation; policy: DatabasePolicy },
): string | null {
  const readable = policy.members.filter(({ id, region }) => {
    const member = observation.members[id];
    if (member === undefined || region !== zone.region || id === record.writer) return false;
    return isStandby(member) && !isDetached(member);
  });
  return (readable.find((member) => member.zone === zone.name) ?? readable[0])?.id ?? record.writer;
}
