import type { DatabaseObservation, MemberObservation } from './database-observation.ts';
import { type DatabasePolicy, type DatabaseRecord, listPartners } from './database-record.ts';
import { isDown, isFrozen, isStandby } from './member-evidence.ts';

/** After a restart of everything the writer gets this long to come back in its place. */
const coldStartGraceMs = 3000;
/** A server that is there and lets nobody in for this long is given up when another can take over. */
const unresponsiveMs = 10_000;

/** An answer older than this says nothing about a member whose region may just have gone. */
const freshMs = 300;

/**
 * What a dead writer leads to. `probe`: the member that may take over answered a while ago; ask it again before anything
 * is committed. No other member than `sync` is ever chosen, and never one of another region: `sync` is in the writer's
 * own region by the rule that sets it.
 */
export type FailoverDecision =
  | { type: 'none' }
  | { type: 'probe'; member: string }
  | { type: 'commit'; record: DatabaseRecord };

export function decideFailover(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): FailoverDecision {
  const { writer, sync } = record;
  if (writer === null || sync === null) return { type: 'none' };
  // It may be down on purpose.
  if (observation.authority.phase === 'holding') return { type: 'none' };
  const present = observation.members[writer];
  const next = observation.members[sync];
  if (present === undefined || next === undefined) return { type: 'none' };
  if (!isDead(present, observation) || !isStandby(next) || isDown(next)) return { type: 'none' };
  if (next.sinceAnswerMs > freshMs) return { type: 'probe', member: sync };
  return { type: 'commit', record: toSuccession(record, sync, policy) };
}

/** The record in which another member writes. Whoever wrote before is proven down before it does. */
export function toSuccession(record: DatabaseRecord, writer: string, policy: DatabasePolicy): DatabaseRecord {
  const successor = { ...record, term: record.term + 1, writer, previous: record.writer, sync: null };
  const waitFor = policy.copy === 'refuse' ? (listPartners(successor, policy)[0] ?? null) : null;
  return { ...successor, waitFor };
}

function isDead(writer: MemberObservation, observation: DatabaseObservation): boolean {
  if (!observation.writerSeen && observation.watchedForMs < coldStartGraceMs) return false;
  const unresponsive = writer.sql !== 'answers' && writer.sinceAnswerMs > unresponsiveMs;
  return isDown(writer) || isFrozen(writer) || unresponsive;
}
