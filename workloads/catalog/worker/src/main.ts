import { readIdentity, readQueues, readSqlDoors } from '@alwayson/sdk/identity.ts';
import { createLog } from '@alwayson/sdk/log-line.ts';
import { createQueueConsumer } from '@alwayson/sdk/queue/consumer.ts';
import { createReadiness } from '@alwayson/sdk/readiness.ts';
import { exitOnFailure, serve } from '@alwayson/sdk/serve.ts';
import { createServer } from '@alwayson/sdk/server.ts';
import { createSql } from '@alwayson/sdk/sql.ts';
import { catalogHandlers } from './handlers.ts';
import { createFailureLog, toQueueView } from './queue-view.ts';
import { startReaper } from './start-reaper.ts';

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
  const consumer = createQueueConsumer({
    queues: readQueues(),
    sql,
    handlers: catalogHandlers,
    name: identity.unit,
    onFailure: createFailureLog(log),
  });
  readiness.observe('queue', () => toQueueView(consumer.stats()));
  const reaper = startReaper(sql, log);
  const server = createServer({ identity, readiness, log });
  await serve(server, {
    identity,
    readiness,
    log,
    drainMs: 0,
    close: async () => {
      reaper.close();
      await consumer.close();
      await sql.close();
    },
  });
}

main().catch(exitOnFailure);
