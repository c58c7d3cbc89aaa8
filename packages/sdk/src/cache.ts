import { createClient } from 'redis';
import type { DependencyReporter } from './readiness.ts';
import { within } from './within.ts';

export interface CacheEntry<T> {
  value: T;
  /** Since it was stored. */
  ageMs: number;
  /** Young enough to be served without asking the store of record. */
  fresh: boolean;
}

/** A cache that never throws and never makes anybody wait: where it has trouble, it misses. */
export interface Cache {
  /** The type is the caller's promise: keep one shape per key prefix. */
  get<T>(key: string): Promise<CacheEntry<T> | null>;
  /** For who has nothing else: waits up to a second for a cache that is slow, also for one that is left alone. */
  getAtAnyCost<T>(key: string): Promise<CacheEntry<T> | null>;
  set(key: string, value: unknown): Promise<void>;
  drop(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface CacheOptions {
  /** undefined: no cache, everything misses. */
  url: string | undefined;
  /** Goes before every key. Change it when the shape of the values changes: releases share the cache. */
  prefix: string;
  freshMs?: number;
  /** How long a value may be served when the store of record cannot be asked. */
  staleMs?: number;
  timeoutMs?: number;
  reporter?: DependencyReporter;
}

const failuresMax = 3;
const restMs = 1000;
const anyCostMs = 1000;
const pendingCommandsMax = 1000;

interface Patience {
  limitMs: number;
  atAnyCost: boolean;
}

export function createCache(options: CacheOptions): Cache {
  const { url, prefix, freshMs = 1000, staleMs = 3_600_000, timeoutMs = 150, reporter } = options;
  const link = url === undefined ? null : createLink(url);
  let failures = 0;
  let restUntil = 0;

  /** After a few failures in a row the cache is left alone for a second: a hung one costs a handful of short waits. */
  const attempt = async <T>(
    use: (client: Client) => Promise<T>,
    { limitMs, atAnyCost }: Patience = { limitMs: timeoutMs, atAnyCost: false },
  ): Promise<T | null> => {
    if (link === null || (!atAnyCost && performance.now() < restUntil)) return null;
    try {
      const work = link.client().then((client) => use(client));
      const result = await within(limitMs, work, () => new Error(`no answer in ${limitMs} ms`));
      failures = 0;
      restUntil = 0;
      reporter?.succeeded();
      return result;
    } catch (error) {
      failures += 1;
      reporter?.failed(error instanceof Error ? error.message : String(error));
      if (failures >= failuresMax) {
        restUntil = performance.now() + restMs;
        link.drop();
      }
      return null;
    }
  };

  const get = async <T>(key: string, patience?: Patience) => {
    const text = await attempt((client) => client.get(prefix + key), patience);
    return text === null ? null : toEntry<T>(text, freshMs);
  };

  return {
    get: (key) => get(key),
    getAtAnyCost: (key) => get(key, { limitMs: anyCostMs, atAnyCost: true }),
    async set(key, value) {
      const text = JSON.stringify({ at: Date.now(), value });
      await attempt((client) =>
        client.set(prefix + key, text, { expiration: { type: 'PX', value: staleMs } }),
      );
    },
    async drop(keys) {
      if (keys.length > 0) await attempt((client) => client.unlink(keys.map((key) => prefix + key)));
    },
    close: async () => link?.drop(),
  };
}

type Client = ReturnType<typeof createRedisClient>;

function createRedisClient(url: string) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: pendingCommandsMax,
    // A lost connection is made again by the next use, not by a timer.
    socket: { connectTimeout: anyCostMs, reconnectStrategy: false },
    maintNotifications: 'disabled',
  });
  client.on('error', () => {});
  return client;
}

/** One connection, made when first used and again after it was lost. */
function createLink(url: string) {
  let current: { client: Client; ready: Promise<unknown> } | null = null;
  const drop = () => {
    if (current?.client.isOpen) current.client.destroy();
    current = null;
  };
  return {
    drop,
    async client(): Promise<Client> {
      if (current !== null && !current.client.isOpen) current = null;
      if (current === null) {
        const client = createRedisClient(url);
        current = { client, ready: client.connect() };
        current.ready.catch(() => {});
      }
      const { client, ready } = current;
      await ready;
      return client;
    },
  };
}

function toEntry<T>(text: string, freshMs: number): CacheEntry<T> | null {
  try {
    const { at, value } = JSON.parse(text) as { at: number; value: T };
    const ageMs = Date.now() - at;
    // A clock that was set back, or another machine's, must not keep a value fresh for longer.
    return { value, ageMs: Math.max(ageMs, 0), fresh: Math.abs(ageMs) < freshMs };
  } catch {
    return null;
  }
}
