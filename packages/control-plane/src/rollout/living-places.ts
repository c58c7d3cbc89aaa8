import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Placement } from '../placement/placement.ts';

export interface LivingGateway {
  region: string;
  /** At its own zone's address: there it is asked apart from those it shares the front door with. */
  url: string;
}

/** Where to look: a zone that is gone has nothing to tell, and its loss is not a release's fault. */
export interface Places {
  environment: Environment;
  placement: Pick<Placement, 'observe'>;
}

export function listLivingGateways({ environment, placement }: Places): LivingGateway[] {
  return toRegions(environment)
    .map((region) => ({ region: region.name, zone: gatewayZone(region) }))
    .filter(({ zone }) => placement.observe(zone.name).contact !== 'refused')
    .map(({ region, zone }) => ({ region, url: `http://${zone.address}:${environment.frontDoor.port}` }));
}

export function listLivingStamps({ placement }: Places, stamps: readonly StampPlan[]): StampPlan[] {
  return stamps.filter(({ zone }) => placement.observe(zone).contact !== 'refused');
}
