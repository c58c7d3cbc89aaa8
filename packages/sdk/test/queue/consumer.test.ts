import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createQueueConsumer, type QueueConsumer } from '../../src/queue/consumer.ts';
import { createQueueProducer, type QueueProducer } from '../../src/queue/producer.ts';
import type { QueueRegion } from '../../src/identity.ts';
import { createSql, type Sql } from '../../src/sql.ts';
import { createPostgresLab, type PostgresLab } from './postgres-lab.ts';
import { attach, createQueueLab, eventually, type QueueLab, serve } from './queue-lab.ts';
import { applyVotes, createVotes, vote } from './votes.ts';

let postgres: PostgresLab;
let sql: Sql;
let lab: QueueLab;
let network = 30;
let cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  postgres = await createPostgresLab('127.203.30.200');
  sql = createSql({ writeUrls: [postgres.url] });
});
afterAll(async () => {
  await sql.close();
  await postgres.close();
});
beforeEach(async () => {
  network += 1;
  lab = createQueueLab(`203.${network}`);
  cleanups = [() => lab.close()];
  await postgres.query(createVotes);
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await postgres.query(`DROP TABLE vote; TRUNCATE alwayson.queue_worker, alwayson.queue_lease,
    alwayson.queue_ledger, alwayson.dead_letter`);
});

function openProducer(...queues: QueueRegion[]): QueueProducer {
  const producer = createQueueProducer({ queues, timeoutMs: 10_000 });
  cleanups.push(() => producer.close());
  return producer;
}

function openConsumer(queues: QueueRegion[], handlers = { vote: applyVotes }): QueueConsumer {
  const consumer = createQueueConsumer({ queues, sql, handlers });
  cleanups.push(() => consumer.close());
  return consumer;
}

/** A worker in a process of its own; resolves with it when it is in the middle of a batch. */
async function startWorker(queue: QueueRegion, pauseMs: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker-program.ts')], {
    env: {
      ...process.env,
      PAUSE_MS: String(pauseMs),
      ALWAYSON_SQL_WRITE: postgres.url,
      ALWAYSON_QUEUES: JSON.stringify([queue]),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  await eventually('the worker is in a batch', () => output.includes('applies'));
  return child;
}

const countVotes = async () => {
  const [row] = await postgres.query<{ votes: number; twice: number }>(
    'SELECT count(*)::int AS votes, count(*) FILTER (WHERE applied > 1)::int AS twice FROM vote',
  );
  return row;
};

const enqueueVotes = async (producer: QueueProducer, count: number) => {
  const ids = Array.from({ length: count }, () => randomUUID());
  await Promise.all(ids.map((id) => producer.enqueue(vote(id))));
  return ids;
};

test('everything accepted is applied once, soon, and leaves the queue', async () => {
  const { queue, primary } = await lab.startPair('west');
  const producer = openProducer(queue);
  const consumer = openConsumer([queue]);
  await eventually('all shards are held', () => consumer.stats().shards.length === 8);
  await enqueueVotes(producer, 3000);
  await eventually('all are applied', async () => (await countVotes())?.votes === 3000);
  expect(await countVotes()).toEqual({ votes: 3000, twice: 0 });
  const control = await primary.steer();
  await eventually('the queue is empty', async () => (await control.depth()) === 0);
  control.close();
  await eventually('the figures say so', () => consumer.stats().depth === 0);
  expect(consumer.stats()).toMatchObject({ appliedTotal: 3000, deadLettersTotal: 0, oldestAgeMs: 0 });

  const lags: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const before = consumer.stats().appliedTotal;
    await enqueueVotes(producer, 1);
    await eventually('it is applied', () => consumer.stats().appliedTotal > before);
    lags.push(consumer.stats().lagMs);
  }
  expect(lags.toSorted((a, b) => a - b)[5]).toBeLessThan(250);
});

test('the queue fails over under load: all that was accepted is applied once, in the order of each key', async () => {
  await postgres.query(
    'CREATE TABLE story (key text, at integer, PRIMARY KEY (key, at)); GRANT ALL ON story TO app',
  );
  cleanups.push(() => postgres.query('DROP TABLE story'));
  const seen = new Map<string, number[]>();
  const { queue, primary, replica } = await lab.startPair('west');
  const producer = openProducer(queue);
  const consumer = createQueueConsumer({
    queues: [queue],
    sql,
    handlers: {
      story: async (transaction, entries) => {
        const pairs = entries.map(({ key, body }) => ({ key, at: Number(body) }));
        // Nothing but a write that was sent again after the failover may come a second time.
        await transaction.query(
          'INSERT INTO story SELECT * FROM unnest($1::text[], $2::integer[]) ON CONFLICT DO NOTHING',
          [pairs.map(({ key }) => key), pairs.map(({ at }) => at)],
        );
        for (const { key, at } of pairs) seen.set(key, [...(seen.get(key) ?? []), at]);
      },
    },
  });
  cleanups.push(() => consumer.close());
  const stop = new AbortController();
  const written = new Map<string, number>();
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    const key = `key ${caller}`;
    for (let at = 0; !stop.signal.aborted; at += 1) {
      await producer.enqueue({ key, type: 'story', body: at, idempotencyKey: `${key} ${at}` });
      written.set(key, at + 1);
    }
  });
  const total = () => [...written.values()].reduce((sum, count) => sum + count, 0);
  await eventually('entries are applied', () => consumer.stats().appliedTotal > 300);
  await primary.kill();
  await serve(replica, { term: 2, copies: 1 });
  const before = total();
  await eventually('writes flow again', () => total() > before + 300);
  stop.abort();
  await Promise.all(callers);
  await eventually('all are applied', async () => {
    const [row] = await postgres.query<{ count: number }>('SELECT count(*)::int AS count FROM story');
    return row?.count === total();
  });
  for (const [key, order] of seen) {
    const first = [...new Set(order)];
    expect(first, key).toEqual(first.toSorted((a, b) => a - b));
  }
  // What is left of the dead process's incarnation is forgotten.
  const control = await replica.steer();
  await eventually('nothing waits', async () => (await control.depth()) === 0);
  control.close();
});

test('a bad entry becomes a dead letter and holds up nobody', async () => {
  const { queue } = await lab.startPair('west');
  const producer = openProducer(queue);
  const good = await enqueueVotes(producer, 300);
  await producer.enqueue(vote('breaks a constraint', 9));
  await producer.enqueue(vote('throws in the handler'));
  await producer.enqueue({ ...vote('is no text'), body: { id: 'nul \u0000 byte' } });
  const more = await enqueueVotes(producer, 300);
  const consumer = openConsumer([queue]);
  await eventually(
    'all good ones are applied',
    async () => (await countVotes())?.votes === good.length + more.length,
  );
  await eventually('the bad ones are put aside', () => consumer.stats().deadLettersTotal === 3);
  const letters = await postgres.query<{ key: string; error_code: string | null }>(
    'SELECT key, error_code FROM alwayson.dead_letter ORDER BY key',
  );
  expect(letters).toEqual([
    { key: 'breaks a constraint', error_code: '23514' },
    { key: 'is no text', error_code: '22021' },
    { key: 'throws in the handler', error_code: null },
  ]);
  expect((await countVotes())?.twice).toBe(0);
});

test('an entry of an unknown type waits for a worker that knows it', async () => {
  const { queue } = await lab.startPair('west');
  const producer = openProducer(queue);
  const older = openConsumer([queue], { vote: applyVotes });
  await eventually('the older worker holds all', () => older.stats().shards.length === 8);
  const key = 'item';
  await producer.enqueue({ ...vote('first'), key });
  await producer.enqueue({ key, type: 'new', body: { id: 'second' } });
  await producer.enqueue({ ...vote('third'), key });
  const newer = createQueueConsumer({
    queues: [queue],
    sql,
    handlers: { vote: applyVotes, new: applyVotes },
  });
  cleanups.push(() => newer.close());
  await eventually('all three are applied', async () => (await countVotes())?.votes === 3, 40_000);
  expect(await postgres.query('SELECT * FROM alwayson.dead_letter')).toEqual([]);
});

test('a worker killed in the middle of a batch: another one takes over and nothing is applied twice', async () => {
  const { queue } = await lab.startPair('west');
  const ids = await enqueueVotes(openProducer(queue), 500);
  const worker = await startWorker(queue, 60_000);
  const consumer = openConsumer([queue]);
  worker.kill('SIGKILL');
  const killedAt = performance.now();
  await eventually('all are applied', async () => (await countVotes())?.votes === ids.length);
  expect(performance.now() - killedAt).toBeLessThan(8000);
  expect(await countVotes()).toEqual({ votes: ids.length, twice: 0 });
  await eventually('it is counted', () => consumer.stats().appliedTotal === ids.length);
});

test('a worker that comes back from the dead is fenced', async () => {
  const { queue } = await lab.startPair('west');
  const producer = openProducer(queue);
  const ids = await enqueueVotes(producer, 500);
  const worker = await startWorker(queue, 300);
  worker.kill('SIGSTOP');
  const consumer = openConsumer([queue]);
  await eventually(
    'the other one has them all',
    async () => (await countVotes())?.votes === ids.length,
    30_000,
  );
  worker.kill('SIGCONT');
  ids.push(...(await enqueueVotes(producer, 500)));
  await eventually('the new ones too', async () => (await countVotes())?.votes === ids.length);
  expect((await countVotes())?.twice).toBe(0);
  await eventually('they share the shards again', () => consumer.stats().shards.length === 4);
});

test('workers share the shards, and a closed one gives its own back at once', async () => {
  const { queue } = await lab.startPair('west');
  const one = openConsumer([queue]);
  await eventually('one holds all', () => one.stats().shards.length === 8);
  const two = openConsumer([queue]);
  await eventually('each holds half', () => {
    return one.stats().shards.length === 4 && two.stats().shards.length === 4;
  });
  await two.close();
  await eventually('one holds all again', () => one.stats().shards.length === 8, 4000);
});

test('what another worker applied but did not drop is dropped, and not applied again', async () => {
  const { queue, primary } = await lab.startPair('west');
  const producer = openProducer(queue);
  const first = openConsumer([queue]);
  await enqueueVotes(producer, 50);
  await eventually('they are applied', async () => (await countVotes())?.votes === 50);
  await first.close();
  openConsumer([queue]);
  const control = await primary.steer();
  await eventually('the queue is empty', async () => (await control.depth()) === 0);
  control.close();
  expect(await countVotes()).toEqual({ votes: 50, twice: 0 });
});

test('a region without workers is served by another', async () => {
  const [west, east] = [await lab.startPair('west'), await lab.startPair('east')];
  const consumer = openConsumer([west.queue, east.queue]);
  await openProducer(east.queue).enqueue(vote('of the east'));
  await eventually('it is applied', async () => (await countVotes())?.votes === 1, 30_000);
  expect(consumer.stats().shards).toContain('east/0');
});

test('the database dies and returns: entries wait, nothing is lost or put aside', async () => {
  const { queue } = await lab.startPair('west');
  const producer = openProducer(queue);
  const consumer = openConsumer([queue]);
  await enqueueVotes(producer, 200);
  await eventually('they are applied', async () => (await countVotes())?.votes === 200);
  await postgres.kill();
  cleanups.push(() => postgres.start());
  await enqueueVotes(producer, 200);
  await eventually('they wait', () => consumer.stats().depth === 200 && consumer.stats().oldestAgeMs > 0);
  await postgres.start();
  cleanups.pop();
  await eventually('they are applied', async () => (await countVotes())?.votes === 400);
  expect(await countVotes()).toEqual({ votes: 400, twice: 0 });
  expect(consumer.stats().deadLettersTotal).toBe(0);
});

test('both servers are killed and restarted: what was accepted before is applied', async () => {
  const { queue, primary, replica } = await lab.startPair('west');
  const producer = openProducer(queue);
  const ids = await enqueueVotes(producer, 500);
  await Promise.all([primary.kill(), replica.kill()]);
  await Promise.all([primary.start(), replica.start()]);
  await serve(primary, { term: 1, copies: 1 });
  await attach(primary, replica);
  ids.push(...(await enqueueVotes(producer, 500)));
  openConsumer([queue]);
  await eventually('all are applied', async () => (await countVotes())?.votes === ids.length);
  expect(await countVotes()).toEqual({ votes: ids.length, twice: 0 });
  const control = await primary.steer();
  await eventually('the queue is empty', async () => (await control.depth()) === 0);
  control.close();
});
