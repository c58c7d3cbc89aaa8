import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { RegionHandover, StopToken } from '../database/region-handover.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { AuthorityRegister } from './authority-register.ts';

/** After this the hold ends by itself: clients wait 8 s, at a door or for one, before they are told that there is no server. */
const holdMs = 8000;
/** A file of the log takes about a second; what waits longer does not keep a switch from beginning. */
export const archiveWithinMs = 15_000;
export const holdWithinMs = 2000;
const receiveWithinMs = 1500;
const startWithinMs = 15_000;
const promoteWithinMs = 30_000;
const followWithinMs = 60_000;

/** The steps of a planned switch, in order, in words for people (recovery.md 2.3). */
export const plannedSteps = [
  {
    name: 'prepare',
    what: 'write a checkpoint on the writer and archive its log, so that its stop is short',
  },
  { name: 'hold', what: 'make writes wait at every PgBouncer, and let those under way end' },
  { name: 'stop', what: 'stop the writer in good order, and note where its log ends' },
  { name: 'gate', what: 'see that the other region has received all of it' },
  { name: 'commit', what: 'name the new writer in the register, in a new epoch' },
  { name: 'promote', what: 'make the new writer writable' },
  { name: 'open', what: 'lead every PgBouncer there, and let writes go on' },
  { name: 'follow', what: 'let all others follow it, the old writer too' },
] as const;
export const pointOfNoReturn = 'commit';
/** Only taken when something failed before the point of no return. */
export const wayBack = 'back';

export interface SwitchEffects {
  handover: RegionHandover;
  authority: AuthorityRegister;
  /** Makes the controllers look at once. */
  nudge(): void;
}

export interface SwitchOrder {
  /** The region, and the server in it that is to write. */
  to: string;
  candidate: string;
}

/** Everything up to the point of no return. Whatever it throws, nobody else has written: `goBack` leads to where it began. */
export async function goThere(
  { handover, authority }: SwitchEffects,
  handle: OperationHandle,
  { to, candidate }: SwitchOrder,
): Promise<RecoveryCheck[]> {
  await handle.step('prepare', () => handover.shortenStop(archiveWithinMs));
  await handle.step('hold', async () => {
    authority.hold(handle.id, holdMs);
    await handover.holdWrites(holdWithinMs);
  });
  const token = await handle.step('stop', () => handover.stopWriter());
  await handle.step('gate', () => handover.awaitReceived(candidate, token, receiveWithinMs));
  await handle.step('commit', async () => {
    authority.move(handle.id, { region: to, writer: candidate });
  });
  return [toEvidence(candidate, token)];
}

export interface GoOnOrder {
  candidate: string;
  /** The region of those that can be expected to follow; null for all. */
  followers: string | null;
  /** What has to be done while the new writer writes already, and nobody else does. */
  beforeOpen?: () => Promise<RecoveryCheck[]>;
}

/** Everything after it: it can be begun again from anywhere, and by another life of the control plane. */
export async function goOn(
  { handover }: SwitchEffects,
  handle: OperationHandle,
  { candidate, followers, beforeOpen = async () => [] }: GoOnOrder,
): Promise<RecoveryCheck[]> {
  await handle.step('promote', () => handover.awaitWritable(candidate, promoteWithinMs));
  const put = await beforeOpen();
  const closed = await handle.step('open', () => handover.openDoors(candidate));
  const missing = await handle.step('follow', () => handover.awaitFollowers(followers, followWithinMs));
  return [
    ...put,
    toCheck('doors open', closed, 'every PgBouncer that can be reached leads to the new writer'),
    toCheck('replication', missing, `${followers ?? 'every other server'} follows the new writer`),
  ];
}

/** Writes go on where they were. When the old writer does not start again, its standby takes over, as in every loss of a writer. */
export async function goBack(
  { handover, authority, nudge }: SwitchEffects,
  handle: OperationHandle,
): Promise<void> {
  await handle.step(wayBack, async () => {
    try {
      if (isHolding(authority, handle)) await handover.startWriter(startWithinMs);
    } finally {
      if (isHolding(authority, handle)) authority.release();
      nudge();
      // Of two at once the one that came too late holds nothing: what the other holds is not its to let go.
      if (authority.read().phase === 'steady') await handover.letWritesGo();
    }
  });
}

function isHolding(authority: AuthorityRegister, { id }: OperationHandle): boolean {
  const { phase, operation } = authority.read();
  return phase === 'holding' && operation === id;
}

function toEvidence(candidate: string, { member, lsn, timeline }: StopToken): RecoveryCheck {
  const detail = `${member} stopped in good order at ${lsn} of timeline ${timeline}; ${candidate} had received all of it`;
  return { name: 'nothing lost', state: 'pass', detail };
}

function toCheck(name: string, missing: readonly string[], good: string): RecoveryCheck {
  if (missing.length === 0) return { name, state: 'pass', detail: good };
  return { name, state: 'warn', detail: `not yet: ${missing.join(', ')}` };
}

/** What made a switch go back, for whoever asked for it. */
export function toUndone(failure: unknown): AlwaysOnError {
  const message = failure instanceof Error ? failure.message : String(failure);
  return new AlwaysOnError('AON_SWITCH_UNDONE', `The switch was undone: ${message}`, { cause: failure });
}
