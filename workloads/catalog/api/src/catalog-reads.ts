import { type CommentRow, findComment, listComments } from '#db/comments.ts';
import { findItem, type ItemPosition, type ItemRow, type ItemSummary, listItems } from '#db/items.ts';
import type { DeleteEntry } from '#db/queue-entries.ts';
import { findRating, type RatingRow } from '#db/ratings.ts';
import type { CachedReader, CachedValue } from '@alwayson/sdk/cached-reader.ts';
import type { Sql } from '@alwayson/sdk/sql.ts';
import { isUnavailable } from '@alwayson/sdk/unavailable.ts';

export interface CatalogReads {
  items(page: { limit: number; after?: ItemPosition | undefined }): Promise<CachedValue<ItemSummary[]>>;
  /** null when the writer, if it answers, says so too: an item that was made a moment ago elsewhere is found. */
  item(id: string): Promise<CachedValue<ItemRow | null>>;
  comments(itemId: string, limit: number): Promise<CachedValue<CommentRow[]>>;
  /** Never cached: clients ask until a queued write has arrived. */
  comment(entry: DeleteEntry): Promise<CommentRow | null>;
  rating(entry: DeleteEntry): Promise<RatingRow | null>;
  /** False when the item is known not to exist. When nobody can tell in time, the write is not refused for that. */
  mayExist(itemId: string): Promise<boolean>;
  /** So that the next reads in this region see a change, also while its readable member is behind. Never throws. */
  refreshItem(id: string): Promise<void>;
}

const defaultPageLimit = 100;
/** A small write waits no longer than this to learn whether its item exists. */
const existenceTimeoutMs = 500;

export function createCatalogReads(sql: Sql, cached: CachedReader): CatalogReads {
  const item = (id: string) => cached.read(itemKey(id), () => loadItem(sql, id));
  return {
    items: ({ limit, after }) =>
      cached.read(itemsKey(limit, after), () =>
        sql.read((connection) => listItems(connection, { limit, after })),
      ),
    item,
    comments: (itemId, limit) =>
      cached.read(`comments:${itemId}:${limit}`, () =>
        sql.read((connection) => listComments(connection, { itemId, limit })),
      ),
    comment: (entry) => sql.read((connection) => findComment(connection, entry)),
    rating: (entry) => sql.read((connection) => findRating(connection, entry)),
    async mayExist(itemId) {
      const known = item(itemId).then(
        ({ value }) => value !== null,
        () => true,
      );
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), existenceTimeoutMs);
      });
      return Promise.race([known, late]).finally(() => clearTimeout(timer));
    },
    async refreshItem(id) {
      await cached.drop([itemKey(id), itemsKey(defaultPageLimit)]);
      const load = () => sql.read((connection) => findItem(connection, id), { latest: true });
      await cached.read(itemKey(id), load).catch(() => {});
    },
  };
}

function itemKey(id: string): string {
  return `item:${id}`;
}

function itemsKey(limit: number, after?: ItemPosition): string {
  return after === undefined ? `items:${limit}` : `items:${limit}:${after.id}:${after.name}`;
}

async function loadItem(sql: Sql, id: string): Promise<ItemRow | null> {
  const row = await sql.read((connection) => findItem(connection, id));
  if (row !== null) return row;
  return sql
    .read((connection) => findItem(connection, id), { latest: true })
    .catch((error: unknown) => {
      // No writer to ask: what the region knows is the answer.
      if (isUnavailable(error)) return null;
      throw error;
    });
}
