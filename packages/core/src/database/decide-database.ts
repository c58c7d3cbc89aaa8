import type { DatabaseAction } from './database-action.ts';
import type { DatabaseObservation } from './database-observation.ts';
import type { DatabasePolicy, DatabaseRecord } from './database-record.ts';
import { decideActions } from './decide-actions.ts';
import { decideFailover, toSuccession } from './decide-failover.ts';
import { decideSync } from './decide-sync.ts';
import { isWritable } from './member-evidence.ts';

export interface DatabaseDecision {
  record: DatabaseRecord;
  /** Empty when the record changed: commit it first, then decide again. */
  actions: DatabaseAction[];
}

/** The database's next step: either a new record to commit, or what to do under the present one. */
export function decideDatabase(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): DatabaseDecision {
  const next = decideRecord(record, observation, policy);
  return isSameRecord(next, record)
    ? { record, actions: decideActions(record, observation, policy) }
    : { record: next, actions: [] };
}

function decideRecord(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): DatabaseRecord {
  if (record.term === 0) return { ...record, term: 1, writer: policy.members[0]?.id ?? null };
  const { epoch, writer: named } = observation.authority;
  // Another region writes from now on.
  if (epoch > record.epoch && named !== null) return toSuccession({ ...record, epoch }, named, policy);
  const failover = decideFailover(record, observation, policy);
  if (failover.type === 'commit') return failover.record;
  if (failover.type === 'probe') return record;
  const writer = observation.members[record.writer ?? ''];
  const isBootstrapped = writer !== undefined && isWritable(writer) && writer.answer?.bootstrapped === true;
  return decideSync({ ...record, initialised: record.initialised || isBootstrapped }, observation, policy);
}

function isSameRecord(a: DatabaseRecord, b: DatabaseRecord): boolean {
  return (
    a.epoch === b.epoch &&
    a.term === b.term &&
    a.writer === b.writer &&
    a.sync === b.sync &&
    a.waitFor === b.waitFor &&
    a.initialised === b.initialised
  );
}
