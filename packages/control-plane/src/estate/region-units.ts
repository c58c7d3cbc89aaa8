import { join } from 'node:path';
import { gatewayZone, observerZone, type RegionPlan } from '@alwayson/core/estate/topology.ts';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import { agentEnvironment } from './process-environment.ts';

export interface PlacedUnit {
  zone: string;
  spec: UnitSpecInput;
  /** A unit of the same zone that must have been ready before this one is placed for the first time. */
  after?: string;
}

/** The units of a region that belong to no stamp and hold no data: gateway, its agent, observer. */
export function renderRegionUnits(
  environment: Environment,
  region: RegionPlan,
  generation: number,
): PlacedUnit[] {
  const front = gatewayZone(region);
  const back = observerZone(region);
  const gatewayDir = join(environment.stateDir, 'units', front.name, `gateway-${region.name}`);
  const common = { ...agentEnvironment(environment), ALWAYSON_REGION: region.name };
  return [
    {
      zone: front.name,
      spec: {
        id: `gateway-agent-${region.name}`,
        kind: 'gateway-agent',
        generation,
        command: ['{node}', join(environment.installDir, 'packages/agents/src/gateway/main.ts')],
        env: { ...common, ALWAYSON_ZONE: front.name, ALWAYSON_GATEWAY_DIR: gatewayDir },
        address: front.address,
        port: zonePorts.gatewayAgent,
        probe: { type: 'http', path: '/readyz', intervalMs: 2000 },
        startOrder: 6,
      },
    },
    {
      zone: front.name,
      after: `gateway-agent-${region.name}`, // which writes the configuration that HAProxy starts with
      spec: {
        id: `gateway-${region.name}`,
        kind: 'gateway',
        generation,
        command: ['haproxy', '-W', '-db', '-f', join(gatewayDir, 'haproxy.cfg')],
        address: front.address,
        port: zonePorts.gatewayMetrics,
        probe: { type: 'http', path: '/livez', intervalMs: 2000 },
        startOrder: 7,
        stop: { signal: 'SIGUSR1', deadlineMs: 5000 },
      },
    },
    {
      zone: back.name,
      spec: {
        id: `observer-${region.name}`,
        kind: 'observer',
        generation,
        command: ['{node}', join(environment.installDir, 'packages/agents/src/observer/main.ts')],
        env: { ...common, ALWAYSON_ZONE: back.name },
        address: back.address,
        port: zonePorts.observer,
        probe: { type: 'http', path: '/readyz', intervalMs: 2000 },
        startOrder: 6,
      },
    },
  ];
}
