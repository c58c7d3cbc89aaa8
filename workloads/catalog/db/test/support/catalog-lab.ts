import { readdir, readFile } from 'node:fs/promises';
import { createCache } from '@alwayson/sdk/cache.ts';
import { createCachedReader } from '@alwayson/sdk/cached-reader.ts';
import { readIdentity } from '@alwayson/sdk/identity.ts';
import { createQueueConsumer } from '@alwayson/sdk/queue/consumer.ts';
import { createQueueProducer } from '@alwayson/sdk/queue/producer.ts';
import { createReadiness } from '@alwayson/sdk/readiness.ts';
import { createSql } from '@alwayson/sdk/sql.ts';
import { createLine, type Line } from '../../../../../packages/sdk/test/support/line.ts';
import {
  type PostgresServer,
  startPostgres,
} from '../../../../../packages/sdk/test/support/postgres-server.ts';
import { startRedis } from '../../../../../packages/sdk/test/support/redis-server.ts';
import { createCatalogApi } from '../../../api/src/catalog-api.ts';
import { createCatalogReads } from '../../../api/src/catalog-reads.ts';
import { createItemWrites } from '../../../api/src/item-writes.ts';
import { createQueuedWrites } from '../../../api/src/queued-writes.ts';
import { catalogHandlers } from '../../../worker/src/handlers.ts';
import { readImages } from '../../src/images.ts';

export const apiKeys = ['key-of-today', 'key-of-yesterday'] as const;
export const sampleItem = '5a6d0000-0000-4000-8000-000000000001';

const platformMigrations = new URL(
  '../../../../../packages/control-plane/src/database/platform/',
  import.meta.url,
);
const catalogMigrations = new URL('../../migrations/', import.meta.url);

/** A database with the schema of the platform and the catalog. */
export async function startCatalogDatabase(host: string): Promise<PostgresServer> {
  const postgres = await startPostgres(host);
  try {
    await postgres.query('CREATE SCHEMA IF NOT EXISTS alwayson');
    await migrate(postgres, platformMigrations);
    await migrate(postgres, catalogMigrations, 'SET ROLE app;');
    return postgres;
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

async function migrate(postgres: PostgresServer, folder: URL, prefix = ''): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    await postgres.query(`${prefix}${await readFile(new URL(name, folder), 'utf8')}`);
  }
}

export interface Region {
  /** One API of the region, asked without a network between. */
  api: ReturnType<typeof createCatalogApi>;
  queue: Line;
  cache: Line;
  database: Line;
  logged: string[];
}

export interface CatalogLab {
  postgres: PostgresServer;
  west: Region;
  east: Region;
  /** A worker in each region. */
  startWorkers(): void;
  close(): Promise<void>;
}

/**
 * Two regions of the catalog on real engines: one writer that both reach, a queue and a cache each, every way to an
 * engine a line that can be cut. `network`: the second and third byte of the loopback addresses.
 */
export async function createCatalogLab(network: string): Promise<CatalogLab> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const postgres = await startCatalogDatabase(`127.${network}.1`);
    closers.push(() => postgres.close());
    const queues: { region: string; servers: string[] }[] = [];
    const startRegion = async (name: string, host: string) => {
      const queue = await startRedis(host, 6379);
      closers.push(() => queue.close());
      // What the control plane says while there is no second server: one copy will do.
      await queue.send('SET', 'alwayson:copies', '1');
      const cache = await startRedis(host, 6380);
      closers.push(() => cache.close());
      const lines = {
        queue: await createLine({ host, port: 7379 }, queue),
        cache: await createLine({ host, port: 7380 }, cache),
        database: await createLine({ host, port: 7432 }, postgres),
      };
      closers.push(...Object.values(lines).map((line) => () => line.close()));
      queues.push({ region: name, servers: [`redis://${host}:7379`] });
      return { name, ...lines };
    };
    const west = await startRegion('west', `127.${network}.2`);
    const east = await startRegion('east', `127.${network}.3`);
    const openApi = async (region: typeof west) => {
      const opened = await openRegion({ ...region, postgres, queues: ownFirst(queues, region.name) });
      closers.push(opened.close);
      return opened;
    };
    return {
      postgres,
      west: await openApi(west),
      east: await openApi(east),
      startWorkers() {
        for (const { region } of queues) {
          const sql = createSql({ writeUrls: [postgres.url()] });
          const own = ownFirst(queues, region);
          const consumer = createQueueConsumer({ queues: own, sql, handlers: catalogHandlers, name: region });
          closers.push(async () => {
            await consumer.close();
            await sql.close();
          });
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ownFirst<T extends { region: string }>(queues: readonly T[], own: string): T[] {
  return [...queues].sort((a, b) => Number(b.region === own) - Number(a.region === own));
}

interface RegionOptions extends Pick<Region, 'queue' | 'cache' | 'database'> {
  name: string;
  postgres: PostgresServer;
  queues: { region: string; servers: string[] }[];
}

async function openRegion({ name, postgres, queues, ...lines }: RegionOptions) {
  const readiness = createReadiness();
  const logged: string[] = [];
  const url = postgres.url(lines.database);
  const sql = createSql({
    writeUrls: [url],
    readUrls: [url],
    connectTimeoutMs: 400,
    readTimeoutMs: 2000,
    writeTimeoutMs: 2000,
  });
  const cache = createCache({ url: `redis://${lines.cache.host}:${lines.cache.port}`, prefix: 'catalog:' });
  const producer = createQueueProducer({ queues, timeoutMs: 1500 });
  const api = createCatalogApi({
    identity: readIdentity({
      ALWAYSON_REGION: name,
      ALWAYSON_UNIT: `${name}-1-api`,
      ALWAYSON_API_KEYS: apiKeys.join(','),
    }),
    readiness,
    log: (event, facts) => void logged.push(JSON.stringify({ event, ...facts })),
    images: await readImages(),
    reads: createCatalogReads(sql, createCachedReader(cache)),
    itemWrites: createItemWrites(sql),
    queuedWrites: createQueuedWrites(producer, readiness.reporter('queue')),
  });
  const close = async () => {
    await api.close();
    producer.close();
    await cache.close();
    await sql.close();
  };
  return { api, logged, close, ...lines };
}
