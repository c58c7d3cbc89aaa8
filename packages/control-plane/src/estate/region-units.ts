import { join } from 'node:path';
import { gatewayZone, observerZone, type RegionPlan } from '@alwayson/core/estate/topology.ts';
import { toHaproxyCommand } from '@alwayson/engines/haproxy/haproxy-master.ts';
import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
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
  const agent = renderAgent(environment, front, { generation, name: 'gateway' });
  const observer = renderAgent(environment, back, { generation, name: 'observer' });
  return [
    {
      zone: front.name,
      spec: {
        ...agent,
        id: `gateway-agent-${region.name}`,
        kind: 'gateway-agent',
        env: { ...agent.env, ALWAYSON_GATEWAY_DIR: gatewayDir },
        port: zonePorts.gatewayAgent,
      },
    },
    // The agent writes the configuration that HAProxy starts with.
    {
      zone: front.name,
      after: `gateway-agent-${region.name}`,
      spec: renderGateway(region, gatewayDir, generation),
    },
    {
      zone: back.name,
      spec: { ...observer, id: `observer-${region.name}`, kind: 'observer', port: zonePorts.observer },
    },
  ];
}

/** What all agents of a region have in common. */
function renderAgent(
  environment: Environment,
  zone: Zone,
  { generation, name }: { generation: number; name: 'gateway' | 'observer' },
) {
  return {
    generation,
    command: ['{node}', join(environment.installDir, `packages/agents/src/${name}/main.ts`)],
    env: { ...agentEnvironment(environment), ALWAYSON_REGION: zone.region, ALWAYSON_ZONE: zone.name },
    address: zone.address,
    probe: { type: 'http', path: '/readyz', intervalMs: 5000 },
    startOrder: 6,
  } satisfies Partial<UnitSpecInput>;
}

function renderGateway(region: RegionPlan, gatewayDir: string, generation: number): UnitSpecInput {
  return {
    id: `gateway-${region.name}`,
    kind: 'gateway',
    generation,
    command: toHaproxyCommand(join(gatewayDir, 'haproxy.cfg')),
    address: gatewayZone(region).address,
    port: zonePorts.gatewayMetrics,
    probe: { type: 'http', path: '/livez', intervalMs: 5000 },
    startOrder: 7,
    stop: { signal: 'SIGUSR1', deadlineMs: 5000 },
  };
}
