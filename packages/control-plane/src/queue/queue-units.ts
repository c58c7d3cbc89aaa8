import type { RegionPlan } from '@alwayson/core/estate/topology.ts';
import { renderCacheConfig } from '@alwayson/engines/redis/cache-config.ts';
import { renderQueueConfig } from '@alwayson/engines/redis/queue-config.ts';
import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';

export function queueUnitId(zone: string): string {
  return `queue-${zone}`;
}

/** The first two zones of a region hold its queue: two copies, in two zones. */
export function queueZones(region: RegionPlan): [Zone, Zone] {
  const [one, two] = region.zones;
  if (one === undefined || two === undefined)
    throw new Error(`Region ${region.name} has fewer than two zones.`);
  return [one, two];
}

/** The Redis units of a region by zone, as far as the manifest declares stores for them. */
export function renderQueueUnits(
  environment: Environment,
  manifest: Manifest,
  region: RegionPlan,
): Map<string, UnitSpecInput[]> {
  const zones = queueZones(region);
  const units = new Map<string, UnitSpecInput[]>(zones.map((zone) => [zone.name, []]));
  const { redis: password } = environment.passwords;
  const queue = manifest.stores.find(({ kind }) => kind === 'queue');
  const cache = manifest.stores.find(({ kind }) => kind === 'cache');
  for (const { name, address } of queue === undefined ? [] : zones) {
    const port = zonePorts.redisQueue;
    const config = renderQueueConfig({
      address,
      port,
      password,
      durability: queue?.durability ?? 'replicated',
    });
    units.get(name)?.push({
      ...redisUnit({ address, port, config }),
      id: queueUnitId(name),
      kind: 'redis-queue',
    });
  }
  const { name, address } = zones[1];
  if (cache !== undefined) {
    const port = zonePorts.redisCache;
    const config = renderCacheConfig({ address, port, password });
    units.get(name)?.push({
      ...redisUnit({ address, port, config }),
      id: `cache-${region.name}`,
      kind: 'redis-cache',
    });
  }
  return units;
}

function redisUnit({ address, port, config }: { address: string; port: number; config: string }) {
  return {
    generation: 1,
    command: ['redis-server', '{dir}/redis.conf'],
    address,
    port,
    files: [
      { path: 'redis.conf', content: config },
      // Redis does not make its data folder.
      { path: 'data/.keep', content: '' },
    ],
    // The queue controller probes deeper; this tells the host when it has started.
    probe: { type: 'tcp' as const, intervalMs: 5000 },
    startOrder: 1,
    stop: { deadlineMs: 2000 },
    restart: 'always' as const,
  };
}
