import type { UnitState } from '@alwayson/protocol/units.ts';
import type { MemberObservation } from './database-observation.ts';

/** Probes without any answer in a row before a member counts as frozen. */
const frozenSilences = 3;
/** Two answers of the writer: a standby that reconnects is missing from one of them. */
const missesMax = 2;
/**
 * A standby that does not stream gets this long before its data is doubted, for it may be replaying what it has; with every
 * repair that did not help, twice as long.
 */
const lostMs = { first: 8000, max: 600_000 };
const down: readonly (UnitState | null)[] = ['exited', 'stopped', 'held', null];

/** Hard evidence that no process of this member runs: its host says so, or nobody listens at either port. */
export function isDown(member: MemberObservation): boolean {
  if (member.host === 'connected') return down.includes(member.process);
  return member.host === 'refused' && member.sql === 'refused';
}

/** Down, and its host is there to start it. */
export function isStartable(member: MemberObservation): boolean {
  return member.host === 'connected' && member.process !== null && down.includes(member.process);
}

/** It takes connections and says nothing. */
export function isFrozen(member: MemberObservation): boolean {
  return member.sql === 'silent' && member.silences >= frozenSilences;
}

export function isWritable(member: MemberObservation): boolean {
  return member.answer !== null && !member.answer.inRecovery;
}

export function isStandby(member: MemberObservation): boolean {
  return member.answer !== null && member.answer.inRecovery;
}

/** The writer's own view and the member's host agree that it receives and confirms. */
export function isAttached(member: MemberObservation): boolean {
  return member.link.attached && !isDown(member);
}

/** It no longer confirms: waiting for it would stop writes. One missed answer alone proves nothing. */
export function isDetached(member: MemberObservation): boolean {
  return isDown(member) || member.link.misses >= missesMax;
}

/** The writer was there all the time and this member did not come to follow it. */
export function isLost(member: MemberObservation): boolean {
  const patienceMs = Math.min(lostMs.max, lostMs.first * 2 ** member.tries.rejoins);
  return !member.link.attached && member.link.forMs > patienceMs;
}

/**
 * It runs, was repaired, and still lets nobody in: what it would have to replay first is nowhere to be had. A server that was not touched
 * may have much to replay after a crash, and is left to it.
 */
export function isStuck(member: MemberObservation): boolean {
  return member.sql === 'starting' && member.tries.rejoins > 0 && isLost(member);
}
