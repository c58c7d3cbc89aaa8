import { queueShards } from '@alwayson/protocol/workload-environment.ts';
import type { SqlConnection } from '../sql.ts';
import type { LeaseView, ShardKey } from './decide-claims.ts';
import type { RawEntry } from './queue-entry.ts';
import { toTime } from './queue-entry.ts';

/** The statements on the tables of `010_queue.sql`; they need no session, so any pooled connection will do. */

export interface Beat {
  leases: LeaseView[];
  workers: { worker: string; region: string }[];
}

/** Says that the worker lives and tells how all leases stand. Not worth a synced commit: a lost beat is sent again. */
const beatSql = `
  WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
  beat AS (
    INSERT INTO alwayson.queue_worker AS w (worker, region, until)
    SELECT $1, $2, now() + make_interval(secs => $3::float8 / 1000) FROM lazily
    ON CONFLICT (worker) DO UPDATE SET until = excluded.until
    RETURNING 1)
  SELECT
    (SELECT coalesce(json_agg(json_build_object(
      'queue', l.queue, 'shard', l.shard, 'owner', l.owner, 'fence', l.fence,
      'held', coalesce(w.until > now(), false),
      'idleMs', extract(epoch FROM now() - greatest(w.until, l.changed_at)) * 1000)), '[]')
      FROM alwayson.queue_lease l LEFT JOIN alwayson.queue_worker w ON w.worker = l.owner
      WHERE l.queue = ANY ($4)) AS leases,
    (SELECT coalesce(json_agg(json_build_object('worker', worker, 'region', region)), '[]')
      FROM alwayson.queue_worker WHERE until > now()) AS workers
  FROM beat`;

export async function beat(
  connection: SqlConnection,
  { worker, region, leaseMs, queues }: { worker: string; region: string; leaseMs: number; queues: string[] },
): Promise<Beat> {
  const { rows } = await connection.query<Beat>(beatSql, [worker, region, leaseMs, queues]);
  const [row] = rows;
  if (row === undefined) throw new Error('A beat has one row.');
  return row;
}

/** Makes the lease rows of queues that have none, and forgets what is long gone. */
export async function prepareLedger(connection: SqlConnection, queues: readonly string[]): Promise<void> {
  await connection.query(
    `INSERT INTO alwayson.queue_lease (queue, shard)
     SELECT queue, shard FROM unnest($1::text[]) queue, generate_series(0, $2 - 1) shard
     ORDER BY 1, 2 ON CONFLICT DO NOTHING`,
    [queues, queueShards],
  );
  await connection.query(`DELETE FROM alwayson.queue_worker WHERE until < now() - interval '1 hour'`);
  await connection.query(`DELETE FROM alwayson.queue_ledger WHERE updated_at < now() - interval '30 days'`);
}

export interface ClaimedShard extends ShardKey {
  fence: number;
}

/** Takes those that nobody holds now. The new fence shuts out whoever held them before. */
export async function claimShards(
  connection: SqlConnection,
  worker: string,
  keys: readonly ShardKey[],
): Promise<ClaimedShard[]> {
  const { rows } = await connection.query<ClaimedShard>(
    `WITH free AS (
       SELECT l.queue, l.shard FROM alwayson.queue_lease l
       JOIN unnest($2::text[], $3::integer[]) AS wanted (queue, shard) USING (queue, shard)
       LEFT JOIN alwayson.queue_worker w ON w.worker = l.owner
       WHERE l.owner = $1 OR w.until IS NULL OR w.until <= now()
       FOR UPDATE OF l SKIP LOCKED)
     UPDATE alwayson.queue_lease l SET owner = $1, fence = l.fence + 1, changed_at = now()
     FROM free WHERE l.queue = free.queue AND l.shard = free.shard
     RETURNING l.queue, l.shard, l.fence::float8 AS fence`,
    [worker, keys.map(({ queue }) => queue), keys.map(({ shard }) => shard)],
  );
  return rows;
}

export async function releaseShards(
  connection: SqlConnection,
  worker: string,
  keys: readonly ShardKey[],
): Promise<void> {
  await connection.query(
    `UPDATE alwayson.queue_lease l SET owner = NULL, changed_at = now()
     FROM unnest($2::text[], $3::integer[]) AS given (queue, shard)
     WHERE l.queue = given.queue AND l.shard = given.shard AND l.owner = $1`,
    [worker, keys.map(({ queue }) => queue), keys.map(({ shard }) => shard)],
  );
}

/** Gives back everything and says goodbye. */
export async function leave(connection: SqlConnection, worker: string): Promise<void> {
  await connection.query(
    'UPDATE alwayson.queue_lease SET owner = NULL, changed_at = now() WHERE owner = $1',
    [worker],
  );
  await connection.query('DELETE FROM alwayson.queue_worker WHERE worker = $1', [worker]);
}

export interface Position {
  shard: number;
  incarnation: string;
  /** Null while a former owner's transaction holds the row. */
  lastId: string | null;
}

/**
 * Up to where the shards were applied. It stamps the fence on the rows: from its commit on, a former owner can no longer
 * advance them, and what is read here is as durable as that commit.
 */
export async function takePositions(
  connection: SqlConnection,
  queue: string,
  shards: readonly { shard: number; fence: number }[],
): Promise<Position[]> {
  const { rows } = await connection.query<Position>(
    `WITH free AS (
       SELECT l.shard, l.incarnation, taken.fence FROM alwayson.queue_ledger l
       JOIN unnest($2::integer[], $3::bigint[]) AS taken (shard, fence) USING (shard)
       WHERE l.queue = $1 AND l.fence <= taken.fence
       FOR UPDATE OF l SKIP LOCKED),
     stamped AS (
       UPDATE alwayson.queue_ledger l SET fence = free.fence FROM free
       WHERE l.queue = $1 AND l.shard = free.shard AND l.incarnation = free.incarnation
       RETURNING l.shard, l.incarnation, l.last_id)
     SELECT l.shard, l.incarnation, stamped.last_id AS "lastId" FROM alwayson.queue_ledger l
     LEFT JOIN stamped USING (shard, incarnation)
     WHERE l.queue = $1 AND l.shard = ANY ($2)`,
    [queue, shards.map(({ shard }) => shard), shards.map(({ fence }) => fence)],
  );
  return rows;
}

/** A worker that stops in the middle of a batch holds up the next owner no longer than this. */
const abandonedAfterMs = 5000;

export interface LedgerStep extends ShardKey {
  incarnation: string;
  fence: number;
  /** Where the ledger must stand, '0-0' at the beginning. */
  from: string;
}

/** False when the ledger does not stand where it should: somebody else applied, or this worker is fenced off. */
export async function advance(
  connection: SqlConnection,
  { queue, shard, incarnation, fence, from }: LedgerStep,
  { to, count }: { to: string; count: number },
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `WITH bounded AS MATERIALIZED (SELECT set_config('idle_in_transaction_session_timeout', $8, true))
     INSERT INTO alwayson.queue_ledger AS l (queue, shard, incarnation, last_id, fence, applied)
     SELECT $1, $2::integer, $3, $5, $4::bigint, $7::bigint FROM bounded
     ON CONFLICT (queue, shard, incarnation) DO UPDATE
     SET last_id = excluded.last_id, fence = excluded.fence, applied = l.applied + excluded.applied, updated_at = now()
     WHERE l.last_id = $6 AND l.fence <= excluded.fence`,
    [queue, shard, incarnation, fence, to, from, count, String(abandonedAfterMs)],
  );
  return rowCount === 1;
}

export async function insertDeadLetter(
  connection: SqlConnection,
  { queue, shard, incarnation }: LedgerStep,
  { entry, code, message }: { entry: RawEntry; code: string | undefined; message: string },
): Promise<void> {
  // PostgreSQL's text cannot hold NUL; whatever came in must find a place here.
  const clean = (text: string) => text.replaceAll('\0', '\uFFFD');
  await connection.query(
    `INSERT INTO alwayson.dead_letter
     (queue, shard, incarnation, entry_id, key, type, body, idempotency_key, error_code, error, accepted_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11::float8 / 1000))
     ON CONFLICT DO NOTHING`,
    [
      queue,
      shard,
      incarnation,
      entry.id,
      ...[entry.key, entry.type, entry.body].map(clean),
      entry.idempotencyKey === undefined ? null : clean(entry.idempotencyKey),
      code ?? null,
      clean(message),
      toTime(entry.id),
    ],
  );
}
