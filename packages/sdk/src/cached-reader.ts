import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Cache, CacheEntry } from './cache.ts';
import { isUnavailable } from './unavailable.ts';
import { within } from './within.ts';

export interface CachedValue<T> {
  value: T;
  /** `cache`: fresh. `store`: read just now. `stale`: older, because the store of record did not answer in time. */
  source: 'cache' | 'store' | 'stale';
  ageMs: number;
}

export interface CachedReader {
  /**
   * A fresh value from the cache, else what `load` finds (one load per key at a time, however many ask), else a
   * stale value. Throws what `load` throws when there is no stale value either. null is never cached.
   */
  read<T>(key: string, load: () => Promise<T>): Promise<CachedValue<T>>;
  /** Forgets keys after a change, so that the next read here sees it. */
  drop(keys: readonly string[]): Promise<void>;
}

/** With a stale value at hand, nobody waits longer than this for the store; the answer still refreshes the cache. */
const patienceMs = 400;

interface Flight {
  result?: Promise<CachedValue<unknown>>;
  /** The value changed while it was on its way: what it finds is not kept. */
  isOutdated: boolean;
}

export function createCachedReader(cache: Cache): CachedReader {
  const flights = new Map<string, Flight>();

  const fly = async <T>(key: string, load: () => Promise<T>, flight: Flight): Promise<CachedValue<T>> => {
    const entry = await cache.get<T>(key);
    if (entry?.fresh) return { value: entry.value, source: 'cache', ageMs: entry.ageMs };
    const loading = load().then(async (value) => {
      if (value !== null && !flight.isOutdated) await cache.set(key, value);
      return { value, source: 'store', ageMs: 0 } as const;
    });
    return loadOrStale(loading, async () => entry ?? cache.getAtAnyCost<T>(key));
  };

  const start = <T>(key: string, load: () => Promise<T>): Promise<CachedValue<T>> => {
    const flight: Flight = { isOutdated: false };
    const result = fly(key, load, flight).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    flight.result = result;
    flights.set(key, flight);
    return result;
  };

  return {
    read: <T>(key: string, load: () => Promise<T>) =>
      (flights.get(key)?.result as Promise<CachedValue<T>> | undefined) ?? start(key, load),
    async drop(keys) {
      for (const key of keys) {
        const flight = flights.get(key);
        if (flight !== undefined) flight.isOutdated = true;
        // Whoever reads from now on must not join a read that began before the change.
        flights.delete(key);
      }
      await cache.drop(keys);
    },
  };
}

/** `findStale` may have to ask a cache that is slow or gone: it is called only when the store keeps its reader waiting. */
async function loadOrStale<T>(
  loading: Promise<CachedValue<T>>,
  findStale: () => Promise<CacheEntry<T> | null>,
): Promise<CachedValue<T>> {
  const toImpatience = () =>
    new AlwaysOnError('AON_DATABASE', `The store did not answer in ${patienceMs} ms.`);
  try {
    return await within(patienceMs, loading, toImpatience);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const stale = findStale().then((entry): CachedValue<T> => {
      if (entry === null) throw error;
      return { value: entry.value, source: 'stale', ageMs: entry.ageMs };
    });
    return Promise.any([loading, stale]).catch(() => loading);
  }
}
