import type { SqlConnection } from '@alwayson/sdk/sql.ts';

/** Any number that no other lock of the catalog uses. */
const reaperLock = 7_202_311;
/** At most this many rows of a kind at a time: the rest waits for the next round. */
const rowsMax = 1000;

const expired = ['catalog_item', 'item_comment', 'item_rating'].map(
  (table) =>
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE expires_at < now() LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED))`,
);

const outdated = [
  { table: 'request_idempotency', column: 'created_at', age: '24 hours' },
  { table: 'deleted_entry', column: 'deleted_at', age: '72 hours' },
].map(
  ({ table, column, age }) =>
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE ${column} < now() - interval '${age}' LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED))`,
);

/**
 * Removes test data whose time is over, and records that nobody may ask for any more. Returns the rows removed; 0 when
 * another worker is at it.
 */
export async function reap(transaction: SqlConnection): Promise<number> {
  const { rows } = await transaction.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_xact_lock($1) AS locked',
    [reaperLock],
  );
  if (rows[0]?.locked !== true) return 0;
  let removed = 0;
  for (const text of [...expired, ...outdated]) {
    const { rowCount } = await transaction.query(text);
    removed += rowCount;
  }
  return removed;
}
