import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { GivenFlag } from '@alwayson/core/health/evaluate-health.ts';
import type { SwitchState } from '@alwayson/core/switches/apply-switches.ts';

export interface FlagFacts {
  workload: string;
  stamps: readonly StampPlan[];
  switches: SwitchState;
  grayStamps: ReadonlySet<string> | null;
  /** Stamps that are on their way out. */
  draining: ReadonlySet<string>;
  /** Stamps that nobody depends on. */
  aside: ReadonlySet<string>;
  /** Stamps that were never ready so far. */
  starting: ReadonlySet<string>;
}

/** What operators, the comparison of siblings and a bring-up say of entities. */
export function toFlags(facts: FlagFacts): Record<string, GivenFlag[]> {
  const { workload, stamps, switches, grayStamps } = facts;
  const flags: Record<string, GivenFlag[]> = {};
  const give = (entity: string, flag: GivenFlag) => {
    flags[entity] = [...(flags[entity] ?? []), flag];
  };
  for (const { id } of stamps) {
    const by = switches.stamps.get(id)?.by;
    if (by !== undefined && switches.stamps.get(id)?.state !== 'ready') {
      give(entityIds.stamp(id), by.action === 'maintenance' ? 'maintenance' : 'draining');
    }
    if (facts.aside.has(id)) give(entityIds.stamp(id), 'aside');
    if (facts.draining.has(id)) give(entityIds.stamp(id), 'draining');
    if (grayStamps?.has(id)) give(entityIds.stamp(id), 'gray');
    if (facts.starting.has(id)) give(entityIds.stamp(id), 'starting');
  }
  // Of the whole workload it is a mark only: everything goes on being judged.
  if (switches.maintenance.has(workload)) give(entityIds.workload(workload), 'maintenance');
  else {
    for (const name of switches.maintenance) {
      give(entityIds.region(name), 'maintenance');
      give(entityIds.zone(name), 'maintenance');
    }
  }
  return flags;
}
