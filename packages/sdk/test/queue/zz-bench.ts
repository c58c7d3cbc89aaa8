import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createQueueProducer } from '../../src/queue/producer.ts';
import { createSql } from '../../src/sql.ts';
import { createPostgresLab } from './postgres-lab.ts';
import { createQueueLab, eventually } from './queue-lab.ts';
import { applyVotes, createVotes, vote } from './votes.ts';
const lab = createQueueLab('203.90'); const pg = await createPostgresLab('127.203.90.100');
const run = async (callers: number, ms: number, one: () => Promise<unknown>) => { const t0 = performance.now(); let n = 0; const lats: number[] = []; await Promise.all(Array.from({ length: callers }, async () => { while (performance.now() - t0 < ms) { const s = performance.now(); await one(); lats.push(performance.now() - s); n++; } })); lats.sort((a, b) => a - b); return `${callers} callers: ${Math.round(n / ms * 1000)}/s p50 ${lats[lats.length >> 1]!.toFixed(2)} p99 ${lats[Math.floor(lats.length * .99)]!.toFixed(2)} ms`; };
try {
  await pg.query(createVotes);
  const { queue, primary } = await lab.startPair('west'); const p = await primary.steer();
  const sql = createSql({ writeUrls: [pg.url], connectionsMax: 20 });
  const producer = createQueueProducer({ queues: [queue], streamEntriesMax: 1e6 });
  for (const callers of [1, 32, 64, 128]) {
    console.log('insert ', await run(callers, 2000, () => sql.write((tx) => tx.query('INSERT INTO vote (id) VALUES ($1) ON CONFLICT DO NOTHING', [randomUUID()]), { idempotent: true })));
    console.log('enqueue', await run(callers, 2000, () => producer.enqueue(vote(randomUUID()))));
  }
  const total = await p.depth(); const t1 = performance.now();
  const consumer = createQueueConsumer({ queues: [queue], sql: createSql({ writeUrls: [pg.url] }), handlers: { vote: applyVotes } });
  await eventually('drained', async () => (await p.depth()) === 0, 60000);
  console.log('drain', total, Math.round(total / (performance.now() - t1) * 1000), '/s');
  (globalThis as { gc?: () => void }).gc?.(); await sleep(3000);
  const c0 = process.cpuUsage(); await sleep(10000); const c1 = process.cpuUsage(c0); console.log('idle cpu ms/s, 8 shards', (c1.user + c1.system) / 1e4);
  const lat: number[] = []; for (let i = 0; i < 40; i++) { await sleep(50); const s = performance.now(); const before = consumer.stats().appliedTotal; await producer.enqueue(vote(randomUUID())); while (consumer.stats().appliedTotal === before) await new Promise((r) => setImmediate(r)); lat.push(performance.now() - s); }
  lat.sort((a, b) => a - b); console.log('call to applied p50', lat[20], 'p90', lat[36]);
  await consumer.close(); producer.close(); p.close(); await sql.close();
} finally { await lab.close(); await pg.close(); process.exit(0); }
