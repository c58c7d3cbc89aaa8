import type { SqlConnection } from '@alwayson/sdk/sql.ts';
import { markDeleted } from './deleted-entries.ts';
import { testDataSeconds } from './items.ts';
import type { AddComment, DeleteEntry } from './queue-entries.ts';

export interface CommentRow {
  id: string;
  catalogItemId: string;
  authorName: string;
  text: string;
  /** ISO 8601 UTC. */
  creationDate: string;
}

const columns = `id, item_id AS "catalogItemId", author_name AS "authorName", text,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "creationDate"`;

/** Newest first, without test data. */
export async function listComments(
  connection: SqlConnection,
  { itemId, limit }: { itemId: string; limit: number },
): Promise<CommentRow[]> {
  const { rows } = await connection.query<CommentRow>(
    `SELECT ${columns} FROM item_comment WHERE item_id = $1 AND expires_at IS NULL
     ORDER BY created_at DESC, id DESC LIMIT $2`,
    [itemId, limit],
  );
  return rows;
}

export async function findComment(
  connection: SqlConnection,
  { itemId, id }: DeleteEntry,
): Promise<CommentRow | null> {
  const { rows } = await connection.query<CommentRow>(
    `SELECT ${columns} FROM item_comment
     WHERE id = $1 AND item_id = $2 AND (expires_at IS NULL OR expires_at > now())`,
    [id, itemId],
  );
  return rows[0] ?? null;
}

/** Adds each comment once, however often it comes; not those of items that are gone or that were deleted meanwhile. */
export async function insertComments(
  transaction: SqlConnection,
  comments: readonly AddComment[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO item_comment (id, item_id, author_name, text, created_at, expires_at)
     SELECT input.id, input.item_id, input.author_name, input.text, input.created_at,
       CASE WHEN input.is_test THEN now() + make_interval(secs => $7) END
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[])
       AS input (id, item_id, author_name, text, created_at, is_test)
     JOIN catalog_item ON catalog_item.id = input.item_id
     WHERE NOT EXISTS (SELECT FROM deleted_entry WHERE deleted_entry.id = input.id)
     ORDER BY input.id
     ON CONFLICT (id) DO NOTHING`,
    [
      comments.map(({ id }) => id),
      comments.map(({ itemId }) => itemId),
      comments.map(({ authorName }) => authorName),
      comments.map(({ text }) => text),
      comments.map(({ creationDate }) => creationDate),
      comments.map(({ isTest }) => isTest),
      testDataSeconds,
    ],
  );
}

export async function deleteComments(
  transaction: SqlConnection,
  entries: readonly DeleteEntry[],
): Promise<void> {
  await markDeleted(transaction, entries);
  await transaction.query(
    `DELETE FROM item_comment USING unnest($1::uuid[], $2::uuid[]) AS input (id, item_id)
     WHERE item_comment.id = input.id AND item_comment.item_id = input.item_id`,
    [entries.map(({ id }) => id), entries.map(({ itemId }) => itemId)],
  );
}
