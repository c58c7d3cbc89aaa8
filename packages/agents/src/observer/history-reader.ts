import type { DatabaseSync } from 'node:sqlite';
import type { CoverageSlice, TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { toRelease } from './counted-request.ts';
import { latencyColumns } from './history-database.ts';
import type { KeptBucket } from './traffic-buckets.ts';

/** So that an answer neither holds up the lines that arrive nor grows beyond some MiB. */
const pageSeconds = 86_400;
const pageBucketsMax = 10_000;

type Row = Record<string, unknown>;

/** Answers what starts in [from, to), or the first part of it: `to` then tells where it ends. */
export function createHistoryReader(
  database: DatabaseSync,
  region: string,
): (from: number, to: number) => TrafficHistory {
  const findEnd = createEndFinder(database);
  const buckets = database.prepare('SELECT * FROM bucket WHERE at >= ? AND at < ? ORDER BY at');
  const slices = database.prepare(
    `SELECT at, complete, lines_lost AS linesLost, requests, unanswered
     FROM slice WHERE at >= ? AND at < ? ORDER BY at`,
  );
  const probes = database.prepare('SELECT * FROM probe WHERE at >= ? AND at < ?');

  return (from, wantedTo) => {
    const to = findEnd(from, wantedTo);
    const probed = groupProbes(probes.all(from, to));
    return {
      region,
      from,
      to,
      buckets: buckets.all(from, to).map(toBucket),
      coverage: slices.all(from, to).map((row) => {
        const slice = row as unknown as Pick<CoverageSlice, 'at' | 'linesLost' | 'requests' | 'unanswered'>;
        return { ...slice, region, complete: row['complete'] === 1, probes: probed.get(slice.at) ?? {} };
      }),
    };
  };
}

/** A page ends between two times, and holds at least one of them whole. */
function createEndFinder(database: DatabaseSync): (from: number, to: number) => number {
  const tooMany = database.prepare(
    `SELECT at FROM bucket WHERE at >= ? AND at < ? ORDER BY at LIMIT 1 OFFSET ${pageBucketsMax}`,
  );
  const next = database.prepare('SELECT min(at) AS at FROM bucket WHERE at > ?');
  const toAt = (row: Row | undefined) => (typeof row?.['at'] === 'number' ? row['at'] : null);
  return (from, to) => {
    const end = Math.min(to, from + pageSeconds);
    const at = toAt(tooMany.get(from, end));
    if (at === null) return end;
    const first = toAt(next.get(from - 1)) ?? from;
    return at > first ? at : Math.min(end, toAt(next.get(first)) ?? end);
  };
}

function groupProbes(rows: readonly Row[]): Map<number, CoverageSlice['probes']> {
  const byTime = new Map<number, CoverageSlice['probes']>();
  for (const row of rows) {
    const { at, flow, good, bad } = row as { at: number; flow: string; good: number; bad: number };
    byTime.set(at, { ...byTime.get(at), [flow]: { good, bad } });
  }
  return byTime;
}

function toBucket(row: Row): TrafficHistory['buckets'][number] {
  const bucket = toKeptBucket(row);
  return { ...bucket, release: toRelease(bucket.stamp) };
}

/** A row of the table, or of sums over it. */
export function toKeptBucket(row: Row): KeptBucket {
  const { at, flow, stamp, cause } = row as unknown as Omit<KeptBucket, 'latency'>;
  return { at, flow, stamp, cause, latency: latencyColumns.map((column) => Number(row[column])) };
}
