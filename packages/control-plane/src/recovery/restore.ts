import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { BackupWork } from '../database/backup-work.ts';
import type { RestoreSource } from '../database/restore-member.ts';
import type { OperationHandle } from '../operations/journal.ts';
import { archiveWithinMs, holdWithinMs, type SwitchEffects, type SwitchOrder } from './planned-switch.ts';

/** Longer than that of a switch: what took minutes to restore is not given up because a server takes seconds to stop. */
const holdMs = 20_000;
const placeWithinMs = 10_000;

/** The steps of a restore, in order, in words for people: a planned switch to a server whose data is another. */
export const restoreSteps = [
  { name: 'backup', what: 'make a backup of what there is now, which the restore can be undone with' },
  {
    name: 'restore',
    what: 'restore beside a standby, replay the log up to the target, and check every page',
  },
  { name: 'hold', what: 'make writes wait at every PgBouncer, and let those under way end' },
  { name: 'stop', what: 'stop the writer in good order' },
  { name: 'place', what: 'put what was restored in the place of the data of the standby' },
  { name: 'commit', what: 'name it the writer in the register, in a new epoch' },
  { name: 'promote', what: 'make it writable' },
  { name: 'state', what: 'put back into the queues what was accepted then, and not applied' },
  { name: 'open', what: 'lead every PgBouncer there, and let writes go on' },
  {
    name: 'follow',
    what: 'let all others follow it: what they have beyond the target is kept aside, and undone',
  },
  { name: 'caches', what: 'empty the caches of every region' },
] as const;

export const beforeOpenOfRestore = 'state';
export const lastOfRestore = 'caches';

export interface RestoreOrder extends SwitchOrder {
  source: Omit<RestoreSource, 'signal'>;
  /** Of the safety backup: its region, and what it says of itself. */
  safety: { region: string; note: string };
}

/** Everything up to the point of no return. Until `place` nobody notices; whatever it throws, nobody else has written. */
export async function goToRestored(
  { handover, authority, backups }: SwitchEffects & { backups: Pick<BackupWork, 'make'> },
  handle: OperationHandle,
  { to, candidate, source, safety }: RestoreOrder,
): Promise<RecoveryCheck[]> {
  await handle.step('backup', async () => {
    await backups.make({ ...safety, type: 'incr', signal: handle.signal });
    // What is wanted may have been written a moment ago: it, and what ends it, have to be in the log of the repository.
    await handover.markLog();
    await handover.shortenStop(archiveWithinMs);
  });
  const { signal } = handle;
  const steps = await handle.step('restore', () => handover.restoreBeside(candidate, { ...source, signal }));
  await handle.step('hold', async () => {
    authority.hold(handle.id, holdMs);
    await handover.holdWrites(holdWithinMs);
  });
  await handle.step('stop', () => handover.stopWriter());
  await handle.step('place', () => handover.placeRestored(candidate, placeWithinMs));
  await handle.step('commit', async () => {
    authority.move(handle.id, { region: to, writer: candidate });
  });
  const detail = steps.map(({ name, ms }) => `${name} ${ms} ms`).join(', ');
  return [{ name: 'restored', state: 'pass', detail: `every page and index was read: ${detail}` }];
}

/** After the way back of a switch: nothing of the restore stays, in its place or beside it. */
export async function forgetRestored(
  { handover }: SwitchEffects,
  handle: OperationHandle,
  candidate: string,
): Promise<void> {
  const place = handle.read().steps.find(({ name }) => name === 'place');
  await handover.discardRestored(candidate, place?.startedAt !== undefined);
}
