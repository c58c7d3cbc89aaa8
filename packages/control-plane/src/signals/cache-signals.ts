import { observerZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { connectRedis, type RedisConnection } from '@alwayson/engines/redis/connect-redis.ts';
import { proveCache } from '@alwayson/engines/redis/prove-cache.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Controller, ControllerContext } from '../controller.ts';

/** A little less than five ticks, and than two where something is amiss; ticks are not exact. */
const wellEveryMs = 4900;
const illEveryMs = 1900;
const timeoutMs = 1000;

/** What the last question to a store's server came to. */
export interface StoreAnswer {
  at: number;
  /** `wrong`: it answered, and not what it should. */
  kind: 'answered' | 'wrong' | 'refused' | 'silent';
  reason?: string;
}

export interface CacheSignals extends Controller {
  /** Of a region's cache; null before the first question. */
  answer(region: string): StoreAnswer | null;
}

/** Gives every cache something and asks for it back, over a connection that is kept: a frozen one still takes connections. */
export function createCacheSignals({
  environment,
  manifest,
  placement,
  now,
}: ControllerContext): CacheSignals {
  const hasCache = manifest.stores.some(({ kind }) => kind === 'cache');
  const answers = new Map<string, StoreAnswer>();
  const connections = new Map<string, RedisConnection>();
  const caches = (hasCache ? toRegions(environment) : []).map((region) => {
    const { name: zone, address } = observerZone(region);
    const server = { address, port: zonePorts.redisCache, password: environment.passwords.redis };
    return { region: region.name, zone, server };
  });

  const drop = (region: string) => {
    connections.get(region)?.close();
    connections.delete(region);
  };

  const ask = async ({ region, server }: (typeof caches)[number]) => {
    if (connections.get(region)?.isOpen === false) drop(region);
    try {
      const connection = connections.get(region) ?? (await connectRedis(server, timeoutMs));
      connections.set(region, connection);
      await proveCache(connection, `${now()}`);
      answers.set(region, { at: now(), kind: 'answered' });
    } catch (error) {
      drop(region);
      answers.set(region, { at: now(), ...toFailure(error) });
    }
  };

  const isDue = ({ region }: (typeof caches)[number]) => {
    const last = answers.get(region);
    return last === undefined || now() - last.at >= (last.kind === 'answered' ? wellEveryMs : illEveryMs);
  };

  return {
    name: 'cache-signals',
    async tick() {
      const due = caches.filter(
        (cache) => placement.observe(cache.zone).contact === 'connected' && isDue(cache),
      );
      await Promise.all(due.map(ask));
    },
    async close() {
      for (const { region } of caches) drop(region);
    },
    answer: (region) => answers.get(region) ?? null,
  };
}

function toFailure(error: unknown): Omit<StoreAnswer, 'at'> {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ECONNREFUSED') return { kind: 'refused', reason: 'its port refuses connections' };
  if (isAlwaysOnError(error) && error.code === 'AON_QUEUE')
    return { kind: 'silent', reason: 'it does not answer' };
  return { kind: 'wrong', reason: String(message ?? error) };
}
