import { readImages } from '#db/images.ts';
import { createCache } from '@alwayson/sdk/cache.ts';
import { createCachedReader } from '@alwayson/sdk/cached-reader.ts';
import { readCacheUrl, readIdentity, readQueues, readSqlDoors } from '@alwayson/sdk/identity.ts';
import { createLog } from '@alwayson/sdk/log-line.ts';
import { createQueueProducer } from '@alwayson/sdk/queue/producer.ts';
import { createReadiness } from '@alwayson/sdk/readiness.ts';
import { exitOnFailure, serve } from '@alwayson/sdk/serve.ts';
import { createSql } from '@alwayson/sdk/sql.ts';
import { createCatalogApi } from './catalog-api.ts';
import { createCatalogReads } from './catalog-reads.ts';
import { createItemWrites } from './item-writes.ts';
import { createQueuedWrites } from './queued-writes.ts';
import { warmCatalog } from './warm-catalog.ts';

/** Goes up when the shape of what is cached changes: releases share the region's cache. */
const cachePrefix = 'catalog:1:';

async function main(): Promise<void> {
  const identity = readIdentity();
  const log = createLog(identity.unit);
  const readiness = createReadiness();
  const sql = createSql({
    ...readSqlDoors(),
    applicationName: identity.unit,
    reporters: {
      read: readiness.reporter('database', 'read'),
      write: readiness.reporter('database', 'write'),
    },
  });
  const cache = createCache({
    url: readCacheUrl(),
    prefix: cachePrefix,
    reporter: readiness.reporter('cache'),
  });
  const producer = createQueueProducer({ queues: readQueues() });
  const server = createCatalogApi({
    identity,
    readiness,
    log,
    images: await readImages(),
    reads: createCatalogReads(sql, createCachedReader(cache)),
    itemWrites: createItemWrites(sql),
    queuedWrites: createQueuedWrites(producer, readiness.reporter('queue')),
  });
  await serve(server, {
    identity,
    readiness,
    log,
    warm: () => warmCatalog(server, { sql, producer }),
    close: async () => {
      producer.close();
      await Promise.all([cache.close(), sql.close()]);
    },
  });
}

main().catch(exitOnFailure);
