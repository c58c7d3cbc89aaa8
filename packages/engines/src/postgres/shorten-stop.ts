import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlClient } from './sql-client.ts';

const pollMs = 50;

/**
 * A server that is stopped in good order first writes what is dirty and archives what is left of its log. Both are done here, while
 * it still takes writes. An archive that does not come along within `withinMs` makes the stop longer, and nothing else.
 */
export async function shortenStop(client: SqlClient, withinMs: number): Promise<void> {
  await client.query('CHECKPOINT');
  const [row] = await client.query<{ file: string | null }>(
    `SELECT CASE WHEN current_setting('archive_mode') <> 'off' THEN pg_walfile_name(pg_switch_wal()) END AS file`,
  );
  const file = row?.file ?? null;
  if (file === null) return;
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt && !(await isArchived(client, file))) await sleep(pollMs);
}

/** Files are archived in order, but for histories and backup marks, which have longer names. */
async function isArchived(client: SqlClient, file: string): Promise<boolean> {
  const [row] = await client.query<{ last: string | null }>(
    'SELECT left(last_archived_wal, 24) AS last FROM pg_stat_archiver',
  );
  return (row?.last ?? '') >= file;
}
