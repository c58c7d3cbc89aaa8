import type { DatabaseSync } from 'node:sqlite';
import { coarseBucketSeconds, fineDays } from '@alwayson/protocol/traffic.ts';
import { latencyColumns } from './history-database.ts';
import { toKeptBucket } from './history-reader.ts';
import { inTransaction, prepareAddBucket } from './history-writer.ts';

const daySeconds = 86_400;
const bytesMaxDefault = 512 * 1024 * 1024;
/** Work is done in small steps, one after every write: lines are waiting. */
const forgetSeconds = 3600;

export interface HistoryUpkeep {
  /** One step: sums up five old minutes, and forgets an hour at most of what is too old or too much. */
  step(nowMs: number): void;
  /** Of the rows, without what is free inside the file. */
  readonly bytes: number;
}

export interface UpkeepOptions {
  retentionDays: number;
  /** The oldest history makes room beyond it; nobody then takes that time for observed. */
  bytesMax?: number;
}

export function createHistoryUpkeep(database: DatabaseSync, options: UpkeepOptions): HistoryUpkeep {
  const { retentionDays, bytesMax = bytesMaxDefault } = options;
  const sumUp = createSummary(database);
  const oldest = database.prepare('SELECT min(at) AS at FROM slice');
  const used = database.prepare(
    `SELECT (page_count - freelist_count) * page_size AS bytes
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  const forget = ['bucket', 'slice', 'probe'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE at < ?`),
  );
  const countBytes = () => Number(used.get()?.['bytes']);
  return {
    step(nowMs) {
      const now = Math.floor(nowMs / 1000);
      sumUp(now - fineDays * daySeconds);
      const first = oldest.get()?.['at'];
      if (typeof first !== 'number') return;
      const end = first + forgetSeconds;
      const limit = countBytes() > bytesMax ? end : Math.min(end, now - retentionDays * daySeconds);
      // A bucket of old times goes together with all of its slices.
      const before = limit - (limit % coarseBucketSeconds);
      if (before > first) inTransaction(database, () => forget.forEach((statement) => statement.run(before)));
    },
    get bytes() {
      return countBytes();
    },
  };
}

/** Sums up the oldest five minutes that are still fine and began before the given time. */
function createSummary(database: DatabaseSync): (before: number) => void {
  const next = database.prepare('SELECT min(at) AS at FROM bucket WHERE at >= ?');
  const sums = database.prepare(
    `SELECT ? AS at, flow, stamp, cause, ${latencyColumns.map((column) => `sum(${column}) AS ${column}`).join(', ')}
     FROM bucket WHERE at >= ? AND at < ? GROUP BY flow, stamp, cause`,
  );
  const remove = database.prepare('DELETE FROM bucket WHERE at >= ? AND at < ?');
  const addBucket = prepareAddBucket(database);
  const summed = database.prepare(`SELECT value FROM state WHERE name = 'summed-until'`);
  const setSummed = database.prepare(`INSERT OR REPLACE INTO state VALUES ('summed-until', ?)`);
  let until = Number(summed.get()?.['value'] ?? 0);

  return (before) => {
    const at = next.get(until)?.['at'];
    if (typeof at !== 'number') return;
    const from = at - (at % coarseBucketSeconds);
    const to = from + coarseBucketSeconds;
    if (to > before) return;
    inTransaction(database, () => {
      const rows = sums.all(from, from, to).map(toKeptBucket);
      remove.run(from, to);
      for (const row of rows) addBucket(row);
      setSummed.run(String(to));
    });
    until = to;
  };
}
