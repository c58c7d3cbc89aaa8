import type { Cache, CacheEntry } from './cache.ts';
import { isUnavailable } from './unavailable.ts';

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
    return entry === null ? loading : loadOrStale(loading, entry);
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

async function loadOrStale<T>(
  loading: Promise<CachedValue<T>>,
  entry: CacheEntry<T>,
): Promise<CachedValue<T>> {
  const stale = { value: entry.value, source: 'stale', ageMs: entry.ageMs } as const;
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<CachedValue<T>>((resolve) => {
    timer = setTimeout(() => resolve(stale), patienceMs);
  });
  try {
    return await Promise.race([loading, impatience]);
  } catch (error) {
    if (isUnavailable(error)) return stale;
    throw error;
  } finally {
    clearTimeout(timer);
    loading.catch(() => {});
  }
}
