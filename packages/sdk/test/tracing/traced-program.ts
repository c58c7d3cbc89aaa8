import { randomUUID } from 'node:crypto';
import { readIdentity, readQueues, readSqlDoors } from '../../src/identity.ts';
import { createLog } from '../../src/log-line.ts';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createQueueProducer } from '../../src/queue/producer.ts';
import { createReadiness } from '../../src/readiness.ts';
import { exitOnFailure, serve } from '../../src/serve.ts';
import { createServer } from '../../src/server.ts';
import { createSql } from '../../src/sql.ts';
import { applyVotes, vote } from '../queue/votes.ts';

/** A small workload as any other: the component `api` reads and enqueues, the component `worker` applies. */
async function main(): Promise<void> {
  const identity = readIdentity();
  const log = createLog(identity.unit);
  const readiness = createReadiness();
  const sql = createSql(readSqlDoors());
  const server = createServer({ identity, readiness, log });
  const queues = readQueues();
  if (identity.component === 'worker') createQueueConsumer({ queues, sql, handlers: { vote: applyVotes } });
  const producer = createQueueProducer({ queues });
  server.get('/shop/votes', () =>
    sql.read((connection) => connection.query('SELECT count(*)::int AS n FROM vote')),
  );
  server.post('/shop/votes', async (_request, reply) => {
    const id = randomUUID();
    await producer.enqueue(vote(id));
    return reply.status(202).send({ id });
  });
  await serve(server, { identity, readiness, log, drainMs: 0 });
}

main().catch(exitOnFailure);
