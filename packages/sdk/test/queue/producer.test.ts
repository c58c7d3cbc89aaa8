import { randomUUID } from 'node:crypto';
import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';
import { createClient } from 'redis';
import { afterEach, expect, test } from 'vitest';
import {
  createQueueProducer,
  type QueueProducer,
  type QueueProducerOptions,
} from '../../src/queue/producer.ts';
import { attach, createQueueLab, eventually, type QueueLab, serve } from './queue-lab.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function openLab(network: string): QueueLab {
  const lab = createQueueLab(network);
  cleanups.push(() => lab.close());
  return lab;
}

function openProducer(options: QueueProducerOptions): QueueProducer {
  const producer = createQueueProducer(options);
  cleanups.push(() => producer.close());
  return producer;
}

/** The bodies of all entries on a server, of all shards and incarnations. */
async function readBodies(url: string): Promise<unknown[]> {
  const client = createClient({ url });
  await client.connect();
  const bodies: unknown[] = [];
  for (const incarnation of await client.zRange(queueKeys.incarnations, 0, -1)) {
    for (let shard = 0; shard < queueShards; shard += 1) {
      const entries = await client.xRange(queueKeys.stream(shard, incarnation), '-', '+');
      bodies.push(...(entries ?? []).map(({ message }) => JSON.parse(message.b ?? 'null')));
    }
  }
  client.destroy();
  return bodies;
}

const vote = (id: string) => ({ key: id, type: 'vote', body: { id }, idempotencyKey: id });

test('an idempotency key makes one write of many, and refuses another write under it', async () => {
  const { queue, primary, replica } = await openLab('203.20').startPair('west');
  const producer = openProducer({ queues: [queue] });
  const same = { key: 'item', type: 'vote', idempotencyKey: 'k' };
  expect((await producer.enqueue({ ...same, body: 1 })).status).toBe('accepted');
  const answers = await Promise.all([
    producer.enqueue({ ...same, body: 1 }),
    producer.enqueue({ ...same, body: 2 }),
    producer.enqueue({ ...same, body: 1, fingerprint: 'other' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['repeated', 'conflict', 'conflict']);
  const writes = Array.from({ length: 2000 }, () => vote(randomUUID()));
  await Promise.all(writes.map((write) => producer.enqueue(write)));
  for (const { url } of [primary, replica]) expect(await readBodies(url)).toHaveLength(2001);
});

test('nothing is confirmed without its second copy, a repetition neither, until one copy is enough', async () => {
  const { queue, primary, replica } = await openLab('203.21').startPair('west');
  const producer = openProducer({ queues: [queue], timeoutMs: 2000 });
  await producer.enqueue(vote('before'));
  replica.freeze();
  await expect(producer.enqueue(vote('alone'))).rejects.toMatchObject({ code: 'AON_COPY_MISSING' });
  const other = openProducer({ queues: [queue], timeoutMs: 2000 });
  await expect(other.enqueue(vote('alone'))).rejects.toMatchObject({ code: 'AON_COPY_MISSING' });

  const waiting = openProducer({ queues: [queue], timeoutMs: 5000 }).enqueue(vote('waits'));
  const control = await primary.steer();
  await control.setCopies(1);
  control.close();
  expect((await waiting).status).toBe('accepted');
  expect((await other.enqueue(vote('alone'))).status).toBe('repeated');
  replica.thaw();
});

test('a restarted server is fenced: it accepts nothing and hands out no copies', async () => {
  const { queue, primary, replica } = await openLab('203.22').startPair('west');
  const producer = openProducer({ queues: [queue], timeoutMs: 1500 });
  await producer.enqueue(vote('one'));
  await primary.kill();
  await serve(replica, { term: 2, copies: 1 });
  await primary.start();
  expect((await producer.enqueue(vote('two'))).status).toBe('accepted');
  expect(await readBodies(primary.url)).toEqual([{ id: 'one' }]);
  expect(await readBodies(replica.url)).toHaveLength(2);

  const stale = openProducer({ queues: [{ region: 'west', servers: [primary.url] }], timeoutMs: 1500 });
  await expect(stale.enqueue(vote('stale'))).rejects.toMatchObject({ code: 'AON_QUEUE' });
  await expect(stale.enqueue(vote('one'))).rejects.toMatchObject({ code: 'AON_QUEUE' });
  // Even when it is told to, nobody can copy from it.
  const control = await replica.steer();
  await control.follow(primary);
  await eventually('it is a replica', async () => (await control.report()).role === 'replica');
  expect((await control.report()).linked).toBe(false);
  control.close();
  expect(await readBodies(replica.url)).toHaveLength(2);
});

test('of two servers that say they are primary, the one with the higher term is used', async () => {
  const { queue, primary, replica } = await openLab('203.23').startPair('west');
  await serve(replica, { term: 2, copies: 1 });
  const servers = [primary.url, replica.url];
  for (const order of [servers, servers.toReversed()]) {
    const producer = openProducer({ queues: [{ ...queue, servers: order }] });
    const id = randomUUID();
    await producer.enqueue(vote(id));
    expect(await readBodies(replica.url)).toContainEqual({ id });
    expect(await readBodies(primary.url)).toEqual([]);
  }
});

test('a dead region costs no write: the next region takes it, and the own one again later', async () => {
  const lab = openLab('203.24');
  const [west, east] = [await lab.startPair('west'), await lab.startPair('east')];
  const producer = openProducer({ queues: [west.queue, east.queue] });
  expect((await producer.enqueue(vote(randomUUID()))).region).toBe('west');
  await Promise.all([west.primary.kill(), west.replica.kill()]);
  for (let n = 0; n < 50; n += 1) {
    expect(await producer.enqueue(vote(randomUUID()))).toEqual({ status: 'accepted', region: 'east' });
  }
  await Promise.all([west.primary.start(), west.replica.start()]);
  await serve(west.primary, { term: 1, copies: 2 });
  await attach(west.primary, west.replica);
  await eventually('the own region is used again', async () => {
    return (await producer.enqueue(vote(randomUUID()))).region === 'west';
  });
});

test('a frozen primary costs no write either', async () => {
  const lab = openLab('203.25');
  const [west, east] = [await lab.startPair('west'), await lab.startPair('east')];
  const producer = openProducer({ queues: [west.queue, east.queue] });
  await producer.enqueue(vote(randomUUID()));
  west.primary.freeze();
  const answers = await Promise.all(Array.from({ length: 20 }, () => producer.enqueue(vote(randomUUID()))));
  expect(answers.every(({ status, region }) => status === 'accepted' && region === 'east')).toBe(true);
});

test('a full queue says so at once', async () => {
  const { queue } = await openLab('203.26').startPair('west');
  const producer = openProducer({ queues: [queue], streamEntriesMax: 3 });
  const write = { key: 'one shard', type: 'vote', body: 1 };
  for (let n = 0; n < 3; n += 1) await producer.enqueue(write);
  await expect(producer.enqueue(write)).rejects.toMatchObject({ code: 'AON_QUEUE' });
});

test('the primary dies under load: every accepted write is in the promoted copy, once', async () => {
  const { queue, primary, replica } = await openLab('203.27').startPair('west');
  const producer = openProducer({ queues: [queue], timeoutMs: 5000 });
  const accepted: string[] = [];
  const stop = new AbortController();
  const callers = Array.from({ length: 32 }, async () => {
    while (!stop.signal.aborted) {
      const id = randomUUID();
      await producer.enqueue(vote(id));
      accepted.push(id);
    }
  });
  await eventually('writes flow', () => accepted.length > 1000);
  await primary.kill();
  await serve(replica, { term: 2, copies: 1 });
  const before = accepted.length;
  await eventually('writes flow again', () => accepted.length > before + 500);
  stop.abort();
  await Promise.all(callers);
  const kept = (await readBodies(replica.url)).map((body) => (body as { id: string }).id);
  expect(new Set(kept).size).toBe(kept.length);
  expect(new Set(accepted).difference(new Set(kept)).size).toBe(0);
});
