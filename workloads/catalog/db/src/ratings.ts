import type { SqlConnection } from '@alwayson/sdk/sql.ts';
import { markDeleted } from './deleted-entries.ts';
import { testDataSeconds } from './items.ts';
import type { AddRating, DeleteEntry } from './queue-entries.ts';

export interface RatingRow {
  id: string;
  catalogItemId: string;
  rating: number;
  /** ISO 8601 UTC. */
  creationDate: string;
}

export async function findRating(
  connection: SqlConnection,
  { itemId, id }: DeleteEntry,
): Promise<RatingRow | null> {
  const { rows } = await connection.query<RatingRow>(
    `SELECT id, item_id AS "catalogItemId", rating,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "creationDate"
     FROM item_rating
     WHERE id = $1 AND item_id = $2 AND (expires_at IS NULL OR expires_at > now())`,
    [id, itemId],
  );
  return rows[0] ?? null;
}

/** Counts each vote once, however often it comes. Test votes are stored but never counted. */
export async function insertRatings(
  transaction: SqlConnection,
  ratings: readonly AddRating[],
): Promise<void> {
  await lockItems(
    transaction,
    ratings.map(({ itemId }) => itemId),
  );
  await transaction.query(
    `WITH inserted AS (
       INSERT INTO item_rating (id, item_id, rating, created_at, expires_at)
       SELECT input.id, input.item_id, input.rating, input.created_at,
         CASE WHEN input.is_test THEN now() + make_interval(secs => $6) END
       FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::boolean[])
         AS input (id, item_id, rating, created_at, is_test)
       JOIN catalog_item ON catalog_item.id = input.item_id
       WHERE NOT EXISTS (SELECT FROM deleted_entry WHERE deleted_entry.id = input.id)
       ON CONFLICT (id) DO NOTHING
       RETURNING item_id, rating, expires_at
     ), change AS (
       SELECT item_id, count(*) AS votes, sum(rating) AS stars FROM inserted
       WHERE expires_at IS NULL GROUP BY item_id
     )
     UPDATE catalog_item SET rating_count = rating_count + votes, rating_sum = rating_sum + stars
     FROM change WHERE catalog_item.id = change.item_id`,
    [
      ratings.map(({ id }) => id),
      ratings.map(({ itemId }) => itemId),
      ratings.map(({ rating }) => rating),
      ratings.map(({ creationDate }) => creationDate),
      ratings.map(({ isTest }) => isTest),
      testDataSeconds,
    ],
  );
}

export async function deleteRatings(
  transaction: SqlConnection,
  entries: readonly DeleteEntry[],
): Promise<void> {
  await lockItems(
    transaction,
    entries.map(({ itemId }) => itemId),
  );
  await markDeleted(transaction, entries);
  await transaction.query(
    `WITH deleted AS (
       DELETE FROM item_rating USING unnest($1::uuid[], $2::uuid[]) AS input (id, item_id)
       WHERE item_rating.id = input.id AND item_rating.item_id = input.item_id
       RETURNING item_rating.item_id, rating, expires_at
     ), change AS (
       SELECT item_id, count(*) AS votes, sum(rating) AS stars FROM deleted
       WHERE expires_at IS NULL GROUP BY item_id
     )
     UPDATE catalog_item SET rating_count = rating_count - votes, rating_sum = rating_sum - stars
     FROM change WHERE catalog_item.id = change.item_id`,
    [entries.map(({ id }) => id), entries.map(({ itemId }) => itemId)],
  );
}

/** Always in the order of ids, so that two batches that touch the same items wait instead of deadlocking. */
async function lockItems(transaction: SqlConnection, ids: readonly string[]): Promise<void> {
  await transaction.query(
    'SELECT FROM catalog_item WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    [ids],
  );
}
