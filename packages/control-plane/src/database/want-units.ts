import type { DatabaseObservation } from '@alwayson/core/database/database-observation.ts';
import { decideReads } from '@alwayson/core/database/decide-reads.ts';
import { memberOf } from './database-plan.ts';
import type { DatabaseRuntime } from './database-runtime.ts';
import { renderDoorUnit, renderMemberUnit } from './database-units.ts';

/** Every server in the role that the record gives it, every door leading to the member that takes writes. */
export function wantUnits(runtime: DatabaseRuntime, observation: DatabaseObservation): void {
  const { plan, record, specs } = runtime;
  for (const member of plan.members) {
    const render = () => renderMemberUnit(plan, member, record);
    specs.want({ unit: member.id, zone: member.zone, key: String(record.version), render });
  }
  // A door moves only when the new writer is promoted, with the old one fenced. A controller
  // that has not seen the writer yet leaves the doors as they are.
  const { writer, initialised } = record.value;
  const target = runtime.target ?? (initialised ? null : writer);
  if (target === null) return;
  const isMoving = observation.authority.phase === 'opening';
  for (const door of plan.doors) {
    // Clients of one that is held wait in any case: it is led to the next writer while that is being promoted.
    const isHeld = isMoving && runtime.doors.get(door.id)?.answer()?.isHeld === true;
    const write = memberOf(plan, isHeld ? (writer ?? target) : target);
    const read = decideReads(door.zone, record.value, { observation, policy: plan.policy });
    const route = { write, read: read === null ? write : memberOf(plan, read) };
    const render = () => renderDoorUnit(plan, door, { route, version: record.version });
    const key = `${record.version} ${route.write.id} ${route.read.id}`;
    specs.want({ unit: door.id, zone: door.zone.name, key, render });
  }
}
