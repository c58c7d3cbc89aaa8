import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';

const historyBytesMax = 1_000_000;

/** The timeline of a server that takes writes, and the text of its history: all timelines that it has left, and where. */
export async function readHistory(
  runtime: DatabaseRuntime,
  writer: string,
): Promise<{ timeline: number; text: string }> {
  return withSql(administratorTarget(runtime, writer), async (client) => {
    const [row] = await client.query<{ name: string; text: string | null }>(
      `SELECT name, pg_read_file('pg_wal/' || name || '.history', 0, ${historyBytesMax}, true) AS text
         FROM (SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS name) AS present`,
    );
    return { timeline: Number.parseInt(row?.name ?? '0', 16), text: row?.text ?? '' };
  });
}
