import { claimRequest, recordAnswer } from '#db/idempotency.ts';
import { type ItemContent, type ItemRow, insertItem, lockItem, type NewItem, updateItem } from '#db/items.ts';
import type { Sql, SqlConnection } from '@alwayson/sdk/sql.ts';
import { allowsChange } from './item-etag.ts';
import { keyReused, type RequestIdentity } from './request-identity.ts';
import type { ItemChangeBody } from './schemas.ts';

/** `done`: here is the item. `taken`: the id exists with other content. `changed`: not the version the client saw. */
export type ItemOutcome = { status: 'done'; item: ItemRow } | { status: 'taken' | 'missing' | 'changed' };

export interface ItemChange {
  id: string;
  change: ItemChangeBody;
  ifMatch: string | undefined;
}

export interface ItemWrites {
  create(item: NewItem, identity: RequestIdentity): Promise<ItemOutcome>;
  change(input: ItemChange, identity: RequestIdentity): Promise<ItemOutcome>;
}

/** Synchronous writes: the answer is given when the write is as durable as the manifest says. */
export function createItemWrites(sql: Sql): ItemWrites {
  return {
    // The id is chosen before the first attempt, so that a second one finds its own work.
    create: (item, identity) =>
      sql.write((transaction) => once(transaction, identity, () => create(transaction, item)), {
        idempotent: true,
      }),
    // A second attempt would find the version moved by the first; with a key it finds the first one's answer instead.
    change: (input, identity) =>
      sql.write((transaction) => once(transaction, identity, () => change(transaction, input)), {
        idempotent: identity.key !== undefined || input.ifMatch === undefined,
      }),
  };
}

/** The work, or the first answer of a request with this key. Throws a 422 when the key stands for another request. */
async function once(
  transaction: SqlConnection,
  { key, fingerprint }: RequestIdentity,
  work: () => Promise<ItemOutcome>,
): Promise<ItemOutcome> {
  if (key === undefined) return work();
  const claim = await claimRequest(transaction, { key, fingerprint });
  if (claim.status === 'conflict') throw keyReused();
  if (claim.status === 'repeated') return claim.answer as ItemOutcome;
  const outcome = await work();
  await recordAnswer(transaction, key, outcome);
  return outcome;
}

async function create(transaction: SqlConnection, item: NewItem): Promise<ItemOutcome> {
  const inserted = await insertItem(transaction, item);
  if (inserted !== null) return { status: 'done', item: inserted };
  const existing = await lockItem(transaction, item.id);
  if (existing === null || !hasContent(existing, item)) return { status: 'taken' };
  return { status: 'done', item: existing };
}

async function change(transaction: SqlConnection, input: ItemChange): Promise<ItemOutcome> {
  const existing = await lockItem(transaction, input.id);
  if (existing === null) return { status: 'missing' };
  if (input.ifMatch !== undefined && !allowsChange(input.ifMatch, existing)) return { status: 'changed' };
  const { name, description, price, imageUrl } = input.change;
  const item = await updateItem(transaction, input.id, {
    name: name ?? existing.name,
    description: description ?? existing.description,
    price: price ?? existing.price,
    imageUrl: imageUrl === undefined ? existing.imageUrl : imageUrl,
  });
  return { status: 'done', item };
}

function hasContent(row: ItemRow, content: ItemContent): boolean {
  return (
    row.name === content.name &&
    row.description === content.description &&
    row.price === content.price &&
    row.imageUrl === content.imageUrl
  );
}
