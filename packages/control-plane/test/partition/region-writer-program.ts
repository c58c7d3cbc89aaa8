import { setTimeout as sleep } from 'node:timers/promises';
import { connectSql, type SqlClient, type SqlTarget } from '@alwayson/engines/postgres/sql-client.ts';

/**
 * A client of one region, in a process of its own: one row after another through the region's door, each acknowledgement told on standard
 * output as `id at` (Unix ms), each failure as `- at`. Begins when it hears something on standard input, ends with it.
 */
const pauseMs = 5;
const retryMs = 50;
const { target, zone, firstId } = JSON.parse(process.argv[2] ?? '{}') as {
  target: SqlTarget;
  zone: string;
  firstId: number;
};
const stopping = new AbortController();
process.stdin.once('end', () => stopping.abort());
await new Promise((resolve) => process.stdin.once('data', resolve));

let client: SqlClient | null = null;
for (let id = firstId; !stopping.signal.aborted; id += 1) {
  try {
    client ??= await connectSql(target);
    await client.query('INSERT INTO item VALUES ($1, $2)', [id, zone]);
    process.stdout.write(`${id} ${Date.now()}\n`);
    await sleep(pauseMs);
  } catch {
    process.stdout.write(`- ${Date.now()}\n`);
    client?.close();
    client = null;
    await sleep(retryMs);
  }
}
client?.close();
