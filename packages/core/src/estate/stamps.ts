import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { toRegions } from './topology.ts';

/** A stamp as it is planned: which release, where, on which ports. */
export interface StampPlan {
  id: string;
  region: string;
  zone: string;
  address: string;
  release: string;
  agentPort: number;
  /** Component name -> port. */
  ports: Record<string, number>;
}

/** `<zone>-<first six of the release>`: readable in a status, distinct beside another release in the same zone. */
export function stampId(zone: string, release: string): string {
  return `${zone}-${release.slice(0, 6)}`;
}

/**
 * One stamp of a release in every zone. `slot` chooses the block of ports, so that a release never meets the ports of
 * the one before it: two releases stand side by side.
 */
export function planStamps(
  environment: Environment,
  manifest: Manifest,
  { release, slot }: StampChoice,
): StampPlan[] {
  return toRegions(environment).flatMap((region) =>
    region.zones.map((zone) => planStamp(zone, manifest, { release, slot })),
  );
}

interface StampChoice {
  release: string;
  slot: number;
}

function planStamp(zone: Zone, manifest: Manifest, { release, slot }: StampChoice): StampPlan {
  const base = zonePorts.stampBase + slot * zonePorts.stampBlock;
  return {
    id: stampId(zone.name, release),
    region: zone.region,
    zone: zone.name,
    address: zone.address,
    release,
    agentPort: base,
    ports: Object.fromEntries(
      manifest.components.map((component, index) => [component.name, base + 1 + index]),
    ),
  };
}
