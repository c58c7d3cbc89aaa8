import type { Cache, CacheEntry } from './cache.ts';
import { isUnavailable } from './unavailable.ts';

export interface CachedValue<T> {
  value: T;
  /** `cache`: fresh. `store`: read just now. `stale`: older, because the store of record could not be asked in time. */
  source: 'cache' | 'store' | 'stale';
  ageMs: number;
}

export interface CachedReader {
  /**
   * A fresh value from the cache, else what `load` finds (one load per key at a time, however many ask), else a stale value.
   * Throws what `load` throws when there is no stale value either. null is never cached.
   */
  read<T>(key: string, load: () => Promise<T>): Promise<CachedValue<T>>;
  /** Forgets keys after a change, so that the next read here sees it. */
  drop(keys: readonly string[]): Promise<void>;
}

/** With a stale value at hand, nobody waits longer than this for the store; the answer still refreshes the cache. */
const patienceMs = 400;

export function createCachedReader(cache: Cache): CachedReader {
  const flights = new Map<string, Promise<CachedValue<unknown>>>();

  const fly = async <T>(key: string, load: () => Promise<T>): Promise<CachedValue<T>> => {
    const entry = await cache.get<T>(key);
    if (entry?.fresh) return { value: entry.value, source: 'cache', ageMs: entry.ageMs };
    const loading = load().then(async (value) => {
      if (value !== null) await cache.set(key, value);
      return { value, source: 'store', ageMs: 0 } as const;
    });
    return entry === null ? loading : loadOrStale(loading, entry);
  };

  return {
    read<T>(key: string, load: () => Promise<T>) {
      const running = flights.get(key) as Promise<CachedValue<T>> | undefined;
      if (running !== undefined) return running;
      const flight = fly(key, load).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    async drop(keys) {
      // Whoever reads from now on must not join a read that began before the change.
      for (const key of keys) flights.delete(key);
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
