import { createClient } from 'redis';
import type { DependencyReporter } from './readiness.ts';

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
const pendingCommandsMax = 1000;

export function createCache(options: CacheOptions): Cache {
  const { url, prefix, freshMs = 1000, staleMs = 3_600_000, timeoutMs = 150, reporter } = options;
  const link = url === undefined ? null : createLink(url, timeoutMs);
  let failures = 0;
  let restUntil = 0;

  /** After a few failures in a row the cache is left alone for a second: a hung one costs a handful of short waits. */
  const attempt = async <T>(use: (client: Client) => Promise<T>): Promise<T | null> => {
    if (link === null || performance.now() < restUntil) return null;
    try {
      const result = await within(
        timeoutMs,
        link.client().then((client) => use(client)),
      );
      failures = 0;
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

  return {
    async get<T>(key: string) {
      const text = await attempt((client) => client.get(prefix + key));
      return text === null ? null : toEntry<T>(text, freshMs);
    },
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

function createRedisClient(url: string, connectTimeoutMs: number) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: pendingCommandsMax,
    // A lost connection is made again by the next use, not by a timer.
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    maintNotifications: 'disabled',
  });
  client.on('error', () => {});
  return client;
}

/** One connection, made when first used and again after it was lost. */
function createLink(url: string, timeoutMs: number) {
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
        const client = createRedisClient(url, timeoutMs);
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

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
