import { type Environment, witnessRegion, type Zone } from '@alwayson/protocol/environment.ts';

export interface RegionPlan {
  name: string;
  zones: readonly Zone[];
}

/** The regions of an environment in manifest order, without the witness. */
export function toRegions(environment: Pick<Environment, 'zones'>): RegionPlan[] {
  const names = [...new Set(environment.zones.map((zone) => zone.region))].filter(
    (name) => name !== witnessRegion,
  );
  return names.map((name) => ({ name, zones: environment.zones.filter((zone) => zone.region === name) }));
}

/** Names of the zones that carry stamps, in the order of the environment. */
export function listZones(environment: Pick<Environment, 'zones'>): string[] {
  return toRegions(environment).flatMap((region) => region.zones.map(({ name }) => name));
}

export function witnessZone(environment: Environment): Zone {
  const witness = environment.zones.find((zone) => zone.region === witnessRegion);
  if (witness === undefined) throw new Error('The environment has no witness zone.');
  return witness;
}

/** A region's first zone carries the gateway with its agent, the second the observer: one zone's loss never takes both. */
export function gatewayZone(region: RegionPlan): Zone {
  return nth(region, 0);
}

export function observerZone(region: RegionPlan): Zone {
  return nth(region, 1);
}

function nth(region: RegionPlan, index: number): Zone {
  const zone = region.zones[index];
  if (zone === undefined) throw new Error(`Region ${region.name} has no zone ${index + 1}.`);
  return zone;
}
