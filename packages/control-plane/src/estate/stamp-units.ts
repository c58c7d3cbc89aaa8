import { join, resolve } from 'node:path';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { type RegionPlan, toRegions } from '@alwayson/core/estate/topology.ts';
import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { stampHealthPath, probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import type { ReleaseFolder } from '../releases/release-store.ts';
import { agentEnvironment, processEnvironment } from './process-environment.ts';
import { telemetryEnvironment } from './telemetry-environment.ts';

type Component = Manifest['components'][number];

export interface StampUnitsInput {
  environment: Environment;
  manifest: Manifest;
  stamp: StampPlan;
  generation: number;
  /** Where the stamp's own release is. */
  folder: ReleaseFolder;
}

/** The units of one stamp: its agent and its components. `manifest` is that of its own release. */
export function renderStampUnits(input: StampUnitsInput): UnitSpecInput[] {
  const components = input.manifest.components.map((component) => renderComponent(component, input));
  return [renderStampAgent(input), ...components];
}

function renderStampAgent({ environment, manifest, stamp, generation }: StampUnitsInput): UnitSpecInput {
  const components = manifest.components.map((component) => ({
    name: component.name,
    port: stamp.ports[component.name],
    probe: component.probe,
    required: component.routes.length > 0,
  }));
  return {
    id: `${stamp.id}-agent`,
    kind: 'stamp-agent',
    stamp: stamp.id,
    release: stamp.release,
    generation,
    command: ['{node}', join(environment.installDir, 'packages/agents/src/stamp/main.ts')],
    env: {
      ...agentEnvironment(environment),
      ...stampIdentity(stamp),
      ALWAYSON_STAMP_COMPONENTS: JSON.stringify(components),
      HOST: stamp.address,
      PORT: String(stamp.agentPort),
    },
    address: stamp.address,
    port: stamp.agentPort,
    probe: { type: 'http', path: '/livez', headers: {}, intervalMs: 5000 },
    startOrder: 4,
  };
}

function renderComponent(component: Component, input: StampUnitsInput): UnitSpecInput {
  const { environment, stamp, generation, folder } = input;
  const port = stamp.ports[component.name] ?? 0;
  const buildDir = folder.builds.get(component.name);
  return {
    id: `${stamp.id}-${component.name}`,
    kind: 'component',
    component: component.name,
    stamp: stamp.id,
    release: stamp.release,
    generation,
    command: component.command.map((word, index) => (index === 0 && word === 'node' ? '{node}' : word)),
    cwd: resolve(folder.tree, component.cwd),
    env: {
      ...processEnvironment(environment),
      ...telemetryEnvironment(input, component.name),
      ...component.environment,
      ...stampIdentity(stamp),
      ...storeAddresses(environment, stamp),
      ALWAYSON_UNIT: `${stamp.id}-${component.name}`,
      ALWAYSON_COMPONENT: component.name,
      ALWAYSON_API_KEYS: environment.tokens.apiKeys.join(','),
      ...(buildDir === undefined ? {} : { ALWAYSON_BUILD_DIR: buildDir }),
      HOST: stamp.address,
      PORT: String(port),
    },
    address: stamp.address,
    port,
    // Liveness in the host's eyes is "answers at all within its time"; readiness for traffic is the stamp agent's business.
    probe: {
      type: 'http',
      path: component.probe.path,
      intervalMs: 5000,
      timeoutMs: component.probe.timeoutMs,
    },
    startOrder: 5,
  };
}

function stampIdentity(stamp: StampPlan): Record<string, string> {
  return {
    ALWAYSON_REGION: stamp.region,
    ALWAYSON_ZONE: stamp.zone,
    ALWAYSON_STAMP: stamp.id,
    ALWAYSON_RELEASE: stamp.release,
  };
}

/** Own zone first, then the region's other zones: a dead door costs a retry, never a request. */
function storeAddresses(environment: Environment, stamp: StampPlan): Record<string, string> {
  const regions = toRegions(environment);
  const own = regions.filter((region) => region.name === stamp.region);
  const others = regions.filter((region) => region.name !== stamp.region);
  const doors = own.flatMap((region) => ownZoneFirst(region, stamp.zone));
  const password = environment.passwords.postgresApplication;
  const door = (database: string) =>
    doors
      .map((zone) => `postgres://app:${password}@${zone.address}:${zonePorts.pgbouncer}/${database}`)
      .join(',');
  const redis = (zone: Zone, port: number) =>
    `redis://:${environment.passwords.redis}@${zone.address}:${port}`;
  const queues = [...own, ...others].map((region) => ({
    region: region.name,
    servers: ownZoneFirst(region, stamp.zone)
      .filter((zone) => region.zones.indexOf(zone) < 2)
      .map((zone) => redis(zone, zonePorts.redisQueue)),
  }));
  const cache = own.map((region) => region.zones[1]).find((zone) => zone !== undefined);
  return {
    ALWAYSON_SQL_WRITE: door('write'),
    ALWAYSON_SQL_READ: door('read'),
    ALWAYSON_QUEUES: JSON.stringify(queues),
    ...(cache === undefined ? {} : { ALWAYSON_CACHE: redis(cache, zonePorts.redisCache) }),
  };
}

function ownZoneFirst(region: RegionPlan, zone: string): Zone[] {
  return [...region.zones].sort((a, b) => Number(b.name === zone) - Number(a.name === zone));
}

/** How anyone with the probe token asks a stamp for its health. */
export function stampHealthQuestion(environment: Environment, stamp: { address: string; agentPort: number }) {
  return {
    host: stamp.address,
    port: stamp.agentPort,
    path: stampHealthPath,
    headers: { [probeTokenHeader]: environment.tokens.probe },
  };
}
