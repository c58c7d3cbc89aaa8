import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';

export interface UnitHealth {
  state: State;
  reason: string | undefined;
}

/**
 * The state of a unit as people need it. A process that runs well may still fail its part in a set of copies: a standby that
 * does not follow, a queue with one copy. The status document tells that beside the unit. Pure.
 */
export function toUnitHealth(status: Status, unit: StatusUnit): UnitHealth {
  const own = { state: unit.state, reason: unit.reason };
  if (unit.state !== 'healthy') return own;
  const part =
    status.database.members.find((member) => member.id === unit.id) ??
    status.queues.find((queue) => queue.primary === unit.id);
  return part === undefined || part.state === 'healthy' ? own : { state: part.state, reason: part.reason };
}
