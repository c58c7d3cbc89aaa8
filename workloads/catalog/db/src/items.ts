import type { SqlConnection } from '@alwayson/sdk/sql.ts';

export interface ItemSummary {
  id: string;
  name: string;
  imageUrl: string | null;
  price: number;
  /** ISO 8601 UTC. */
  lastUpdated: string;
}

export interface ItemRow extends ItemSummary {
  description: string;
  /** Of the content: votes do not change it. */
  version: string;
  ratingCount: number;
  ratingSum: number;
}

export interface ItemContent {
  name: string;
  description: string;
  imageUrl: string | null;
  price: number;
}

export interface NewItem extends ItemContent {
  id: string;
  isTest: boolean;
}

/** The last item of a page: where the next one goes on. */
export interface ItemPosition {
  name: string;
  id: string;
}

/** How long test data lives. */
export const testDataSeconds = 30;

const isoTime = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const summaryColumns = `id, name, image_url AS "imageUrl", price::float8 AS price,
  ${isoTime('last_updated')} AS "lastUpdated"`;

const rowColumns = `${summaryColumns}, description, version::text AS version,
  rating_count AS "ratingCount", rating_sum AS "ratingSum"`;

const isLive = '(expires_at IS NULL OR expires_at > now())';

/** Ordered by name, without test data. */
export async function listItems(
  connection: SqlConnection,
  { limit, after }: { limit: number; after?: ItemPosition | undefined },
): Promise<ItemSummary[]> {
  const from = after === undefined ? '' : 'AND (name, id) > ($2, $3)';
  const { rows } = await connection.query<ItemSummary>(
    `SELECT ${summaryColumns} FROM catalog_item WHERE expires_at IS NULL ${from} ORDER BY name, id LIMIT $1`,
    after === undefined ? [limit] : [limit, after.name, after.id],
  );
  return rows;
}

export async function findItem(connection: SqlConnection, id: string): Promise<ItemRow | null> {
  const { rows } = await connection.query<ItemRow>(
    `SELECT ${rowColumns} FROM catalog_item WHERE id = $1 AND ${isLive}`,
    [id],
  );
  return rows[0] ?? null;
}

/** The new item; null when the id is taken. */
export async function insertItem(transaction: SqlConnection, item: NewItem): Promise<ItemRow | null> {
  const { rows } = await transaction.query<ItemRow>(
    `INSERT INTO catalog_item (id, name, description, image_url, price, expires_at)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() + make_interval(secs => $7) END)
     ON CONFLICT (id) DO NOTHING RETURNING ${rowColumns}`,
    [item.id, item.name, item.description, item.imageUrl, item.price, item.isTest, testDataSeconds],
  );
  return rows[0] ?? null;
}

/** The item, held until the end of the transaction so that nobody changes it in between. */
export async function lockItem(transaction: SqlConnection, id: string): Promise<ItemRow | null> {
  const { rows } = await transaction.query<ItemRow>(
    `SELECT ${rowColumns} FROM catalog_item WHERE id = $1 AND ${isLive} FOR NO KEY UPDATE`,
    [id],
  );
  return rows[0] ?? null;
}

/** Replaces the content of a locked item; `lastUpdated` always moves. */
export async function updateItem(
  transaction: SqlConnection,
  id: string,
  content: ItemContent,
): Promise<ItemRow> {
  const { rows } = await transaction.query<ItemRow>(
    `UPDATE catalog_item SET name = $2, description = $3, image_url = $4, price = $5,
       version = nextval('catalog_item_version'),
       last_updated = greatest(now(), last_updated + interval '1 millisecond')
     WHERE id = $1 RETURNING ${rowColumns}`,
    [id, content.name, content.description, content.imageUrl, content.price],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`Item ${id} vanished while it was locked.`);
  return row;
}

/** Deletes items with their comments and votes. Ids that do not exist are no fault. */
export async function deleteItems(transaction: SqlConnection, ids: readonly string[]): Promise<void> {
  await transaction.query('DELETE FROM catalog_item WHERE id = ANY($1::uuid[])', [ids]);
}
