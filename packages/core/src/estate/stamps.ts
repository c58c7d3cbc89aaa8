import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import type { EstateRecord, StandingStamp } from './estate-record.ts';
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
  environment: Pick<Environment, 'zones'>,
  { stamps }: Pick<EstateRecord, 'stamps'>,
  manifestOf: ManifestOf,
): StampPlan[] {
  const zones = toRegions(environment).flatMap((region) => region.zones);
  return zones.flatMap((zone) =>
    stamps
      .filter((stamp) => stamp.zone === zone.name)
      .map((stamp) => planStamp(zone, stamp, manifestOf(stamp.release))),
  );
}

/** A slot is a block of ports of its own, so that stamps stand side by side in a zone. */
function planStamp(zone: Zone, stamp: StandingStamp, { components }: ReturnType<ManifestOf>): StampPlan {
  const base = zonePorts.stampBase + stamp.slot * zonePorts.stampBlock;
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
