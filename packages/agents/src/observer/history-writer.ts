import type { DatabaseSync } from 'node:sqlite';
import type { BrokenSpan, CoverageChange } from './coverage.ts';
import { latencyColumns } from './history-database.ts';
import type { KeptBucket } from './traffic-buckets.ts';

/** What is written at once: all of it or nothing. */
export interface HistoryChange {
  /** Counts are added to those that are there. */
  buckets: readonly KeptBucket[];
  slices: readonly CoverageChange[];
  broken: BrokenSpan | null;
  /** Replaces the text that `readCounters` answers. */
  counters: string;
}

export function createHistoryWriter(database: DatabaseSync): (change: HistoryChange) => void {
  const addBucket = prepareAddBucket(database);
  const addSlice = database.prepare(
    `INSERT INTO slice (at, complete, lines_lost, requests, unanswered) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET complete = max(complete, excluded.complete),
     lines_lost = lines_lost + excluded.lines_lost, requests = requests + excluded.requests,
     unanswered = unanswered + excluded.unanswered`,
  );
  const addProbes = database.prepare(
    `INSERT INTO probe VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET good = good + excluded.good, bad = bad + excluded.bad`,
  );
  const breakSlices = database.prepare('UPDATE slice SET complete = 0 WHERE at >= ? AND at <= ?');
  const setCounters = database.prepare(`INSERT OR REPLACE INTO state VALUES ('counters', ?)`);
  return ({ buckets, slices, broken, counters }) =>
    inTransaction(database, () => {
      for (const bucket of buckets) addBucket(bucket);
      for (const { at, complete, linesLost, requests, unanswered, probes } of slices) {
        addSlice.run(at, Number(complete), linesLost, requests, unanswered);
        for (const [flow, { good, bad }] of probes) addProbes.run(at, flow, good, bad);
      }
      if (broken !== null) breakSlices.run(broken.from, broken.to);
      setCounters.run(counters);
    });
}

/** The text of the last write; null when there was none. */
export function readCounters(database: DatabaseSync): string | null {
  const row = database.prepare(`SELECT value FROM state WHERE name = 'counters'`).get();
  return row === undefined ? null : String(row['value']);
}

/** Adds a bucket's counts to those that are there. */
export function prepareAddBucket(database: DatabaseSync): (bucket: KeptBucket) => void {
  const statement = database.prepare(
    `INSERT INTO bucket VALUES (?, ?, ?, ?, ${latencyColumns.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET ${latencyColumns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`,
  );
  return ({ at, flow, stamp, cause, latency }) => void statement.run(at, flow, stamp, cause, ...latency);
}

/** All of it or nothing; what the work throws is thrown. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // A full disk has ended it already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
