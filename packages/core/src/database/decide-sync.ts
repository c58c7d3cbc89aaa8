import type { DatabaseObservation, MemberObservation } from './database-observation.ts';
import { type DatabasePolicy, type DatabaseRecord, listPartners } from './database-record.ts';
import { isAttached, isDetached, isLost, isWritable } from './member-evidence.ts';

/** A standby further behind would stop writes for too long while it catches up. */
const lagBytesMax = 16 * 1024 * 1024;
/** A standby that comes and goes is not waited for. */
const settledMs = 500;

/**
 * The record with the second copy moved one step. The order of the steps is what keeps acknowledged writes safe:
 * `sync` is committed null before the writer is told to stop waiting for that member, and is set only after the waiting
 * was proven. Nothing moves while the writer does not answer: its standby must stay promotable.
 */
export function decideSync(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): DatabaseRecord {
  const writer = observation.members[record.writer ?? ''];
  if (writer === undefined || !isWritable(writer) || !record.initialised) return record;
  if (policy.copy === 'none') return { ...record, sync: null, waitFor: null };

  const awaited = record.waitFor === null ? undefined : observation.members[record.waitFor];
  if (awaited === undefined || isDetached(awaited)) {
    const candidate = findCandidate(record, observation, policy);
    if (candidate !== null) return { ...record, sync: null, waitFor: candidate };
    if (policy.copy === 'degrade') return { ...record, sync: null, waitFor: null };
    // Refusing: keep waiting, also for a member that has yet to come. One that cannot follow any more gets other data.
    if (awaited === undefined) return { ...record, waitFor: listPartners(record, policy)[0] ?? null };
    return isLost(awaited) ? { ...record, sync: null } : record;
  }
  if (record.sync === null && observation.provenSync === record.waitFor) {
    return { ...record, sync: record.waitFor };
  }
  return record;
}

function findCandidate(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): string | null {
  const isReady = (id: string, member: MemberObservation | undefined) => {
    const lagBytes = observation.members[record.writer ?? '']?.answer?.replicas[id]?.lagBytes;
    if (member === undefined || lagBytes === undefined) return false;
    return isAttached(member) && member.link.forMs >= settledMs && lagBytes <= lagBytesMax;
  };
  return listPartners(record, policy).find((id) => isReady(id, observation.members[id])) ?? null;
}
