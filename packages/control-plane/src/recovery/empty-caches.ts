import { observerZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { connectRedis } from '@alwayson/engines/redis/connect-redis.ts';
import { emptyCache } from '@alwayson/engines/redis/empty-cache.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { ControllerContext } from '../controller.ts';

const timeoutMs = 3000;

/** After the data went back in time: a cache would answer with what is not there any more, when the database is away. */
export async function emptyCaches({
  environment,
  manifest,
}: Pick<ControllerContext, 'environment' | 'manifest'>): Promise<RecoveryCheck> {
  const hasCache = manifest.stores.some(({ kind }) => kind === 'cache');
  const regions = hasCache ? toRegions(environment) : [];
  const { redis: password } = environment.passwords;
  const emptied = await Promise.allSettled(
    regions.map(async (region) => {
      const { address } = observerZone(region);
      const connection = await connectRedis({ address, port: zonePorts.redisCache, password }, timeoutMs);
      try {
        await emptyCache(connection);
      } finally {
        connection.close();
      }
    }),
  );
  const left = regions.filter((_, index) => emptied[index]?.status === 'rejected').map(({ name }) => name);
  if (left.length === 0) return { name: 'caches', state: 'pass', detail: 'every cache was emptied' };
  const detail = `not emptied, and old for up to an hour when the database is away: ${left.join(', ')}`;
  return { name: 'caches', state: 'warn', detail };
}
