import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';

export interface UnitHealth {
  state: State;
  reason?: string | undefined;
}

/**
 * The state of a unit as people need it. A process that runs well may still fail its part: a standby that does not follow,
 * a queue with one copy, a gateway with old routes. The status document tells that beside the unit. Pure.
 */
export function toUnitHealth(status: Status, unit: StatusUnit): UnitHealth {
  const own = { state: unit.state, reason: unit.reason };
  if (unit.state !== 'healthy') return own;
  const part = findPart(status, unit.id);
  return part === undefined || part.state === 'healthy' ? own : { state: part.state, reason: part.reason };
}

function findPart({ database, queues, gateways }: Status, id: string): UnitHealth | undefined {
  const gateway = gateways.find(({ region }) => id === `gateway-${region}`);
  if (gateway !== undefined) {
    return { state: gateway.state, reason: gateway.inForce ? undefined : 'its routes are not in force yet' };
  }
  return database.members.find((member) => member.id === id) ?? queues.find((queue) => queue.primary === id);
}
