import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { SwitchEffects, SwitchOrder } from './planned-switch.ts';

/** The steps of an emergency, in order, in words for people (recovery.md 2.4). The old writer is fenced before the new one is writable. */
export const emergencySteps = [
  { name: 'commit', what: 'name the new writer in the register, in a new epoch' },
  { name: 'promote', what: 'prove that the old writer is down, or end it, and make the new one writable' },
  { name: 'open', what: 'lead every PgBouncer that is left there, and let writes go on' },
  { name: 'follow', what: 'let the others of its region follow it' },
] as const;

/** The one decision. Everything after it is what follows every change of the writer. */
export async function declareLost(
  { authority }: SwitchEffects,
  handle: OperationHandle,
  { to, candidate }: SwitchOrder,
): Promise<RecoveryCheck[]> {
  await handle.step('commit', async () => {
    authority.declare(handle.id, { region: to, writer: candidate });
  });
  return [];
}
