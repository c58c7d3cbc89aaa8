import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueueProcess } from '../../../engines/src/redis/queue-process.ts';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createQueueProducer, type QueueProducer } from '../../src/queue/producer.ts';
import { createSql, type Sql } from '../../src/sql.ts';
import { createPostgresLab, type PostgresLab } from './postgres-lab.ts';
import { createQueueLab, eventually, type LabServer, serve } from './queue-lab.ts';
import { applyVotes, createVotes, vote } from './votes.ts';

/** A restore takes the database back in time, and puts back what waited then. */
const lab = createQueueLab('203.29');
let postgres: PostgresLab;
let sql: Sql;

beforeAll(async () => {
  postgres = await createPostgresLab('127.203.29.200');
  sql = createSql({ writeUrls: [postgres.url] });
  await postgres.query(createVotes);
});
afterAll(async () => {
  await sql.close();
  await lab.close();
  await postgres.close();
});

async function steering<T>(server: LabServer, run: (control: QueueProcess) => Promise<T>): Promise<T> {
  const control = await server.steer();
  try {
    return await run(control);
  } finally {
    control.close();
  }
}

const count = 50;
const enqueue = (producer: QueueProducer, prefix: string) =>
  Promise.all(Array.from({ length: count }, (_, n) => producer.enqueue(vote(`${prefix} ${n}`))));

async function votes() {
  const [row] = await postgres.query<{ votes: number; twice: number }>(
    'SELECT count(*)::int AS votes, count(*) FILTER (WHERE applied > 1)::int AS twice FROM vote',
  );
  return row;
}
const untilVotes = (wanted: number) =>
  eventually(`${wanted} are applied`, async () => (await votes())?.votes === wanted, 60_000);

test('after a restore, what was put back is applied once more, of a process that is long gone too', async () => {
  const { queue, primary, replica } = await lab.startPair('west');
  const producer = createQueueProducer({ queues: [queue], timeoutMs: 30_000 });
  await enqueue(producer, 'of then');
  const kept = await steering(primary, (control) => control.content(1_000_000));
  const consumer = createQueueConsumer({ queues: [queue], sql, handlers: { vote: applyVotes } });
  await untilVotes(count);
  await Promise.all([primary.kill(), replica.kill()]);
  await Promise.all([primary.start(), replica.start()]);
  await serve(primary, { term: 1, copies: 1 });
  await enqueue(producer, 'of later');
  await untilVotes(2 * count);
  await eventually('the first process is forgotten', () =>
    steering(primary, async (control) => (await control.content(1)).incarnations.length === 1),
  );

  expect(await steering(primary, (control) => control.putBack(kept, 10_000))).toBe(count);
  // The database as it was when nothing was applied; everybody has to claim anew.
  await postgres.query(`BEGIN; DELETE FROM vote; DELETE FROM alwayson.queue_ledger;
    UPDATE alwayson.queue_lease SET owner = NULL, fence = fence + 1000000; COMMIT`);
  await untilVotes(count);
  expect(await votes()).toEqual({ votes: count, twice: 0 });
  await eventually('the queue is empty', () =>
    steering(primary, async (control) => (await control.depth()) === 0),
  );
  producer.close();
  await consumer.close();
});
