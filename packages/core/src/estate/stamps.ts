import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import { type EstateRecord, slotsMax, type StandingStamp } from './estate-record.ts';
import { toStampId } from './stamp-id.ts';
import { toRegions } from './topology.ts';

/** A stamp as it is planned: which release, where, on which ports. */
export interface StampPlan {
  id: string;
  region: string;
  zone: string;
  address: string;
  release: string;
  /** 0 for the first of its release in the zone. */
  ordinal: number;
  agentPort: number;
  /** Component name -> port. */
  ports: Record<string, number>;
}

/** The components of a release, in the order of its own manifest. */
type ManifestOf = (release: string) => { readonly components: readonly { readonly name: string }[] };

/** Every stamp that stands, of all releases, zone by zone in the order of the environment. */
export function planStamps(
  environment: Pick<Environment, 'zones' | 'frontDoor'>,
  { stamps }: Pick<EstateRecord, 'stamps'>,
  manifestOf: ManifestOf,
): StampPlan[] {
  const zones = toRegions(environment).flatMap((region) => region.zones);
  return zones.flatMap((zone) =>
    stamps
      .filter((stamp) => stamp.zone === zone.name)
      .map((stamp) => {
        const base = toFirstPort(stamp.slot, environment.frontDoor.port);
        return planStamp(zone, stamp, { base, ...manifestOf(stamp.release) });
      }),
  );
}

/** A slot is a block of ports of its own. The block that holds the front door's port, which people choose, is replaced by a spare one. */
function toFirstPort(slot: number, frontDoorPort: number): number {
  const { stampBase, stampBlock } = zonePorts;
  const first = stampBase + slot * stampBlock;
  const isTaken = frontDoorPort >= first && frontDoorPort < first + stampBlock;
  return isTaken ? stampBase + slotsMax * stampBlock : first;
}

function planStamp(
  zone: Zone,
  stamp: StandingStamp,
  { base, components }: { base: number } & ReturnType<ManifestOf>,
): StampPlan {
  return {
    id: toStampId(stamp),
    region: zone.region,
    zone: zone.name,
    address: zone.address,
    release: stamp.release,
    ordinal: stamp.ordinal,
    agentPort: base,
    ports: Object.fromEntries(components.map(({ name }, index) => [name, base + 1 + index])),
  };
}
