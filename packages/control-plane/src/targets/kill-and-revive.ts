import type { KillResult } from '@alwayson/protocol/control-api.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Journal } from '../operations/journal.ts';
import type { Placement } from '../placement/placement.ts';
import { resolveTarget } from './resolve-target.ts';

export interface TargetContext {
  placement: Placement;
  journal: Journal;
  status: () => Status;
}

/** A kill that is decided and told, and not done yet. */
export interface PlannedKill {
  result: KillResult;
  /** The kill would end this very process: answer first. */
  endsControlPlane: boolean;
  carryOut(): Promise<void>;
}

/** SIGKILL for people who try what the system does. A killed zone or region stays down until it is revived. */
export function planKill({ placement, journal, status }: TargetContext, name: string): PlannedKill {
  const target = resolveTarget(status(), name);
  if (target.kind === 'zone' && name === status().witness.name) {
    const hint = 'Kill the unit control-plane instead: the witness restarts it.';
    throw new AlwaysOnError(
      'AON_USAGE',
      'The witness zone cannot be killed from here: nobody would start it again.',
      { hint },
    );
  }
  const { kind } = target;
  const message = `${kind} ${name} is killed on request.`;
  journal.event({ severity: 'warning', type: `${kind}.kill`, entity: name, message });
  if (target.kind === 'zone' || target.kind === 'region') {
    return {
      result: { target: name, kind, units: unitsIn(status(), target.zones), message },
      endsControlPlane: false,
      carryOut: async () => void (await Promise.all(target.zones.map((zone) => placement.outageZone(zone)))),
    };
  }
  const kill = ({ zone, unit }: { zone: string; unit: string }) => placement.act(zone, unit, 'kill');
  return {
    result: { target: name, kind, units: target.units.map(({ unit }) => unit), message },
    endsControlPlane: target.units.some(({ zone }) => zone === status().witness.name),
    carryOut: async () => void (await Promise.all(target.units.map(kill))),
  };
}

/** Switches a zone's or region's machines on again, or starts units that are down. */
export async function reviveTarget(
  { placement, journal, status }: TargetContext,
  name: string,
): Promise<KillResult> {
  const target = resolveTarget(status(), name);
  const message = `${target.kind} ${name} is revived on request.`;
  journal.event({ severity: 'info', type: `${target.kind}.revive`, entity: name, message });
  if (target.kind === 'zone' || target.kind === 'region') {
    await Promise.all(target.zones.map((zone) => placement.startZone(zone)));
    return { target: name, kind: target.kind, units: unitsIn(status(), target.zones), message };
  }
  await Promise.all(target.units.map(({ zone, unit }) => placement.act(zone, unit, 'start')));
  return { target: name, kind: target.kind, units: target.units.map(({ unit }) => unit), message };
}

function unitsIn(status: Status, zones: readonly string[]): string[] {
  return status.regions
    .flatMap((region) => region.zones)
    .filter((zone) => zones.includes(zone.name))
    .flatMap((zone) => zone.units.map((unit) => unit.id));
}
