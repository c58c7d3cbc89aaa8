import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createQueueProducer } from '../../src/queue/producer.ts';
import { createSql } from '../../src/sql.ts';
import { createPostgresLab } from './postgres-lab.ts';
import { createQueueLab, eventually } from './queue-lab.ts';
import { applyVotes, createVotes, vote } from './votes.ts';

test('a worker without entries says more rarely that it lives, and applies the next entry all the same', async () => {
  const postgres = await createPostgresLab('127.203.76.200');
  onTestFinished(() => postgres.close());
  await postgres.query(createVotes);
  const lab = createQueueLab('203.77');
  onTestFinished(() => lab.close());
  const sql = createSql({ writeUrls: [postgres.url] });
  onTestFinished(() => sql.close());
  const { queue } = await lab.startPair('west');
  const consumer = createQueueConsumer({ queues: [queue], sql, handlers: { vote: applyVotes } });
  onTestFinished(() => consumer.close());
  const producer = createQueueProducer({ queues: [queue], timeoutMs: 10_000 });
  onTestFinished(() => producer.close());
  const leaseLeft = async () => {
    const [row] = await postgres.query<{ left: number }>(
      'SELECT extract(epoch FROM until - now())::float8 AS left FROM alwayson.queue_worker',
    );
    return row?.left ?? 0;
  };
  await eventually('all shards are held', () => consumer.stats().shards.length === 8);
  await eventually('a beat is good for longer', async () => (await leaseLeft()) > 3, 60_000);
  await producer.enqueue(vote(randomUUID()));
  await eventually('it is applied', () => consumer.stats().appliedTotal === 1);
  await eventually('beats are as before', async () => {
    const left = await leaseLeft();
    return left > 0.5 && left < 2.6;
  });
  expect(consumer.stats().shards).toHaveLength(8);
});
