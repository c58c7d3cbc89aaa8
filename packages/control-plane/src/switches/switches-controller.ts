import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { applySwitches, type SwitchState } from '@alwayson/core/switches/apply-switches.ts';
import { expireSwitches } from '@alwayson/core/switches/expire-switches.ts';
import { logMaintenance } from '@alwayson/core/switches/maintenance-log.ts';
import type { SwitchEstate } from '@alwayson/core/switches/switch-scope.ts';
import type { MaintenanceSpan, Switch } from '@alwayson/protocol/switches.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { describeTarget } from './describe-switch.ts';
import { commitSwitches, readMaintenanceLog, readSwitches } from './switch-record.ts';

export interface SwitchesController extends Controller {
  /** Those in force, oldest first. */
  list(): readonly Switch[];
  /** What they mean for every stamp and for the health model, now or at another moment. */
  state(nowMs?: number): SwitchState;
  /** Maintenances of the last year, the running ones up to now. */
  maintenance(): readonly MaintenanceSpan[];
  /** What switches can name. */
  estate(): SwitchEstate;
  /** Takes those off the record that ended by themselves, and tells each. */
  sweep(): void;
}

export interface SwitchesContext extends ControllerContext {
  stamps: () => readonly StampPlan[];
}

/** Keeps the record of switches: takes those off whose time is over or whose target is gone, and says what the rest means. */
export function createSwitchesController(context: SwitchesContext): SwitchesController {
  const { environment, manifest, records, journal, now, stamps } = context;
  const zones = toRegions(environment).flatMap((region) => region.zones);
  const estate = () => ({ workload: manifest.name, zones, stamps: stamps() });

  const sweep = () => {
    const { version, value } = readSwitches(records);
    const { kept, ended } = expireSwitches(value, estate(), now());
    if (ended.length === 0) return;
    commitSwitches(records, { version, from: value, next: kept }, now());
    for (const { item, why } of ended) {
      const { target, action, owner, reason } = item;
      const end = why === 'expired' ? 'its time is over' : `there is no ${describeTarget(target)} any more`;
      const message = `${describeTarget(target)}: ${action} by ${owner} (${reason}) ended, ${end}.`;
      const type = why === 'expired' ? 'switch.expired' : 'switch.dropped';
      journal.event({ severity: 'info', type, entity: target.name, message, data: { switch: item } });
    }
  };

  return {
    name: 'switches',
    tick: async () => sweep(),
    close: async () => {},
    sweep,
    list: () => expireSwitches(readSwitches(records).value, estate(), now()).kept,
    state: (nowMs = now()) => applySwitches(readSwitches(records).value, estate(), nowMs),
    maintenance: () => logMaintenance(readMaintenanceLog(records).value, readSwitches(records).value, now()),
    estate,
  };
}
