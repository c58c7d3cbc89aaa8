import { reap } from '#db/reaper.ts';
import type { Log } from '@alwayson/sdk/log-line.ts';
import type { Sql } from '@alwayson/sdk/sql.ts';

/** With the 30 s that test data lives, it is gone within a minute. */
const intervalMs = 20_000;

/** Every worker does it, one at a time by a lock in the database: none is needed more than another. */
export function startReaper(sql: Sql, log: Log): { close(): void } {
  const round = async () => {
    try {
      const removed = await sql.write(reap, { idempotent: true });
      if (removed > 0) log('reaper.removed', { rows: removed });
    } catch (error) {
      log('reaper.failed', { error: error instanceof Error ? error.message : String(error) });
    }
  };
  const timer = setInterval(() => void round(), intervalMs);
  return { close: () => clearInterval(timer) };
}
