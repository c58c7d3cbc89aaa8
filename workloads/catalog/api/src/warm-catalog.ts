import type { QueueProducer } from '@alwayson/sdk/queue/producer.ts';
import type { Sql } from '@alwayson/sdk/sql.ts';
import { warmUp } from '@alwayson/sdk/warm-up.ts';
import type { FastifyInstance } from 'fastify';

const base = '/catalogservice/api/1.0/catalogitem';
/** Of every kind of read one; the item is the first of the samples, and a catalog without it answers 404 as fast. */
const item = `${base}/5a6d0000-0000-4000-8000-000000000001`;
const paths = [`${base}?limit=20`, item, `${item}/comments`, `${item}/ratings`];

/** Connections to the doors at once, as under load: a pool opens them one by one as it needs them. */
const connections = 3;

export async function warmCatalog(
  server: FastifyInstance,
  { sql, producer }: { sql: Sql; producer: QueueProducer },
): Promise<void> {
  const prepare = async () => {
    const opening = Array.from({ length: connections }, () => [
      sql.read((connection) => connection.query('SELECT 1')),
      sql.note((connection) => connection.query('SELECT 1')),
    ]);
    await Promise.all([...opening.flat(), producer.open()]);
  };
  await warmUp(server, { paths, prepare });
}
