import { test, expect } from 'vitest';
import { createQueueLab, eventually } from './queue-lab.ts';
import { createPostgresLab } from './postgres-lab.ts';
import { createQueueProducer } from '../../src/queue/producer.ts';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createSql } from '../../src/sql.ts';
import { randomUUID } from 'node:crypto';
test('bench', async () => {
  const lab = createQueueLab('203.10');
  const pg = await createPostgresLab('127.203.10.100');
  try {
    const { queue, primary } = await lab.startPair('west');
    const producer = createQueueProducer({ queues: [queue] });
    console.log(await producer.enqueue({ key: 'a', type: 'vote', body: { id: 1 }, idempotencyKey: 'x' }));
    console.log(await producer.enqueue({ key: 'a', type: 'vote', body: { id: 1 }, idempotencyKey: 'x' }));
    console.log(await producer.enqueue({ key: 'a', type: 'vote', body: { id: 2 }, idempotencyKey: 'x' }));
    for (const callers of [1, 16, 64, 256]) {
      const t0 = performance.now();
      let n = 0;
      const lats: number[] = [];
      await Promise.all(
        Array.from({ length: callers }, async () => {
          while (performance.now() - t0 < 2000) {
            const s = performance.now();
            const id = randomUUID();
            await producer.enqueue({
              key: id,
              type: 'vote',
              body: { id, text: 'x'.repeat(100) },
              idempotencyKey: id,
            });
            lats.push(performance.now() - s);
            n++;
          }
        }),
      );
      lats.sort((a, b) => a - b);
      console.log(
        callers,
        'callers',
        Math.round(n / 2),
        '/s p50',
        lats[lats.length >> 1].toFixed(2),
        'p99',
        lats[Math.floor(lats.length * 0.99)].toFixed(2),
      );
    }
    const p = await primary.steer();
    console.log('depth', await p.depth());
    await pg.query('CREATE TABLE vote (id text primary key, text text); GRANT ALL ON vote TO app');
    const sql = createSql({ writeUrls: [pg.url] });
    const failures: unknown[] = [];
    const total = await p.depth();
    const t1 = performance.now();
    const consumer = createQueueConsumer({
      queues: [queue],
      sql,
      handlers: {
        vote: async (tx, entries) => {
          const rows = entries.map((e) => e.body as { id: string; text?: string });
          await tx.query(
            'INSERT INTO vote (id, text) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING',
            [rows.map((r) => r.id), rows.map((r) => r.text ?? '')],
          );
        },
      },
      onFailure: (e) => failures.push(e),
    });
    await eventually('drained', async () => (await p.depth()) === 0, 30000);
    const took = performance.now() - t1;
    console.log(
      'drained',
      total,
      'in',
      took.toFixed(0),
      Math.round((total / took) * 1000),
      '/s',
      consumer.stats(),
      failures.slice(0, 3),
      failures.length,
    );
    console.log(
      await pg.query('select count(*) from vote'),
      await pg.query('select sum(applied) from alwayson.queue_ledger'),
    );
    // latency idle
    const lat: number[] = [];
    for (let i = 0; i < 20; i++) {
      const id = randomUUID();
      await new Promise((r) => setTimeout(r, 50));
      const s = performance.now();
      const before = consumer.stats().appliedTotal;
      await producer.enqueue({ key: id, type: 'vote', body: { id } });
      while (consumer.stats().appliedTotal === before) await new Promise((r) => setImmediate(r));
      lat.push(performance.now() - s);
    }
    console.log('lat', lat.map((x) => x.toFixed(1)).join(' '));
    const c0 = process.cpuUsage();
    await new Promise((r) => setTimeout(r, 10000));
    const c1 = process.cpuUsage(c0);
    console.log('idle cpu ms/s', (c1.user + c1.system) / 1e4);
    const s0 = performance.now();
    await consumer.close();
    console.log('close', performance.now() - s0);
    producer.close();
    p.close();
    await sql.close();
  } finally {
    await lab.close();
    await pg.close();
  }
});
