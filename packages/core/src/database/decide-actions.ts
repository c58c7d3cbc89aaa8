import type { DatabaseAction } from './database-action.ts';
import type { DatabaseObservation, MemberAnswer, MemberObservation } from './database-observation.ts';
import type { DatabasePolicy, DatabaseRecord } from './database-record.ts';
import { decideFailover } from './decide-failover.ts';
import {
  isAttached,
  isFrozen,
  isLost,
  isStandby,
  isStartable,
  isStuck,
  isWritable,
} from './member-evidence.ts';
import { toSlotName } from './replication-slot.ts';

/** With nobody to take over, killing a slow writer helps less often than waiting does. */
const aloneFrozenMs = 10_000;
/** A standby whose start fails this often is made anew. */
const startsMax = 3;

/** What moves the world one step towards the record, for every member at once. */
export function decideActions(
  record: DatabaseRecord,
  observation: DatabaseObservation,
  policy: DatabasePolicy,
): DatabaseAction[] {
  return policy.members.flatMap(({ id }) => {
    const member = observation.members[id];
    if (member === undefined) return [];
    if (id === record.writer) return decideForWriter(id, member, { record, observation, policy });
    return decideForStandby(id, member, { record, observation, policy });
  });
}

interface Situation {
  record: DatabaseRecord;
  observation: DatabaseObservation;
  policy: DatabasePolicy;
}

function decideForWriter(id: string, member: MemberObservation, situation: Situation): DatabaseAction[] {
  const { record, observation, policy } = situation;
  const failover = decideFailover(record, observation, policy);
  if (failover.type === 'probe') return [failover];
  // While writes are held, it is whoever holds them that stops and starts it.
  if (observation.authority.phase === 'holding') return [];
  if (isStartable(member)) return decideWriterStart(id, member, record);
  if (isFrozen(member) && member.host === 'connected' && member.sinceAnswerMs > aloneFrozenMs) {
    return [{ type: 'fence', member: id, reason: 'frozen' }];
  }
  if (isStandby(member)) return [{ type: 'promote', member: id, previous: record.previous }];
  if (!isWritable(member) || member.answer === null) return [];
  if (!record.initialised) return [{ type: 'bootstrap', member: id }];
  return [
    ...decideSlots(
      id,
      member.answer,
      policy.members.map((other) => other.id),
    ),
    ...decideProof(id, situation),
  ];
}

function decideWriterStart(id: string, member: MemberObservation, record: DatabaseRecord): DatabaseAction[] {
  if (member.data.kind === 'unknown') return [{ type: 'inspect', member: id }];
  if (member.data.kind !== 'absent' && member.data.kind !== 'broken') return [{ type: 'start', member: id }];
  // Once initialised, an empty folder is a loss that a person must look at: a new database in its place would hide it.
  return record.initialised ? [] : [{ type: 'initialise', member: id }];
}

function decideProof(id: string, { record, observation }: Situation): DatabaseAction[] {
  const { waitFor, sync } = record;
  if (waitFor === null || sync === waitFor) return [];
  const standby = observation.members[waitFor];
  return standby !== undefined && isAttached(standby)
    ? [{ type: 'prove', member: id, standby: waitFor }]
    : [];
}

function decideForStandby(id: string, member: MemberObservation, situation: Situation): DatabaseAction[] {
  const { record, observation } = situation;
  const writer = observation.members[record.writer ?? ''];
  // The promotion that is due stops it first, and reports it as one of its steps.
  if (id === record.previous && writer !== undefined && isStandby(writer)) return [];
  if (isWritable(member)) return [{ type: 'fence', member: id, reason: 'stale' }];
  if (isFrozen(member) && member.host === 'connected' && !isStartable(member)) {
    return [{ type: 'fence', member: id, reason: 'frozen' }];
  }
  if (isStartable(member)) return decideStandbyStart(id, member, canRejoin(id, situation));
  if ((isStuck(member) || (isStandby(member) && isLost(member))) && canRejoin(id, situation))
    return [{ type: 'rejoin', member: id }];
  if (!isStandby(member)) return [];
  return decideSlots(id, member.answer, []);
}

/** Its data may be replaced: there is a writer to take it from, and nobody counts on what this member holds. */
function canRejoin(id: string, { record, observation }: Situation): boolean {
  const writer = observation.members[record.writer ?? ''];
  return record.initialised && record.sync !== id && writer !== undefined && isWritable(writer);
}

/** Starting a standby needs no writer: it may be the one that has to be promoted. Changing its data does. */
function decideStandbyStart(id: string, member: MemberObservation, mayRejoin: boolean): DatabaseAction[] {
  if (member.data.kind === 'unknown') return [{ type: 'inspect', member: id }];
  if (member.data.kind === 'standby' && member.tries.starts < startsMax) {
    return [{ type: 'start', member: id }];
  }
  return mayRejoin ? [{ type: 'rejoin', member: id }] : [];
}

/** The writer keeps a slot for every follower; a standby keeps none, for a forgotten slot holds back WAL for ever. */
function decideSlots(id: string, answer: MemberAnswer | null, members: readonly string[]): DatabaseAction[] {
  if (answer === null) return [];
  const followers = members.filter((other) => other !== id);
  const usable = answer.slots.filter(({ lost }) => !lost).map(({ name }) => name);
  const isRight =
    answer.slots.length === followers.length &&
    followers.every((other) => usable.includes(toSlotName(other)));
  return isRight ? [] : [{ type: 'slots', member: id, followers }];
}
