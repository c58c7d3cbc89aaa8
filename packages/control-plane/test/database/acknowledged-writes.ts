import { setTimeout as sleep } from 'node:timers/promises';
import { connectSql, type SqlClient, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { type DatabaseRig, doorOf } from './database-rig.ts';

const pauseMs = 5;
const retryMs = 20;

export interface WriteReport {
  acknowledged: number;
  /** Acknowledged and not found afterwards. */
  lost: number;
  /** The longest silence between any two acknowledgements, of all writers together. */
  longestGapMs: number;
  errors: Record<string, number>;
}

/** Writers at every zone's door, each inserting one row after another into `item`, until they are stopped. */
export function startWriters(rig: DatabaseRig, firstId: number) {
  const stopping = new AbortController();
  let next = firstId;
  const acknowledged: { id: number; at: number }[] = [];
  const errors: Record<string, number> = {};

  const write = async (zone: string) => {
    let client: SqlClient | null = null;
    while (!stopping.signal.aborted) {
      const id = next;
      next += 1;
      try {
        client ??= await connectSql(doorOf(rig, zone, 'write'));
        await client.query('INSERT INTO item VALUES ($1, $2)', [id, zone]);
        acknowledged.push({ id, at: performance.now() });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        errors[message] = (errors[message] ?? 0) + 1;
        client?.close();
        client = null;
        await sleep(retryMs);
      }
      await sleep(pauseMs);
    }
    client?.close();
  };
  const writers = ['west-1', 'west-2', 'east-1', 'east-2'].map(write);

  return {
    count: () => acknowledged.length,
    async stop(): Promise<WriteReport> {
      stopping.abort();
      await Promise.all(writers);
      const rows = await withSql(doorOf(rig, 'east-2', 'write'), (client) =>
        client.query<{ id: string }>('SELECT id FROM item'),
      );
      const held = new Set(rows.map(({ id }) => Number(id)));
      const times = acknowledged.map(({ at }) => at).sort((a, b) => a - b);
      return {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter(({ id }) => !held.has(id)).length,
        longestGapMs: Math.round(
          Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at))),
        ),
        errors,
      };
    },
  };
}
