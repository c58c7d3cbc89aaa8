import { ApiError } from './api-error.ts';
import {
  type Comment,
  type Item,
  type RatingSummary,
  readComments,
  readItem,
  readItems,
  readRatingSummary,
  toOwnPath,
} from './model.ts';
import { pause, send } from './send.ts';

const root = '/catalogservice/api/1.0/catalogitem';
const itemsPath = `${root}?limit=100`;

function toItemPath(itemId: string): string {
  return `${root}/${encodeURIComponent(itemId)}`;
}

export interface ItemPage {
  items: Item[];
  nextPath: string | null;
}

/** One page of items. Without a path: the first. */
export async function fetchItems(path: string | null, signal: AbortSignal): Promise<ItemPage> {
  const answer = await send(path ?? itemsPath, { signal });
  return { items: readItems(answer.body), nextPath: readNextPath(answer.headers.get('link')) };
}

/** The target of `rel="next"` in an RFC 8288 Link header. */
function readNextPath(link: string | null): string | null {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
  return target === undefined ? null : toOwnPath(target, location.origin);
}

export async function fetchItem(itemId: string, signal: AbortSignal): Promise<Item> {
  const answer = await send(toItemPath(itemId), { signal });
  const item = readItem(answer.body);
  if (item) return item;
  throw new ApiError({
    failure: 'broken',
    correlationId: answer.headers.get('x-correlation-id') ?? '',
    detail: 'The answer was not an item.',
  });
}

export async function fetchComments(itemId: string, limit: number, signal: AbortSignal): Promise<Comment[]> {
  return readComments((await send(`${toItemPath(itemId)}/comments?limit=${limit}`, { signal })).body);
}

export async function fetchRatings(itemId: string, signal: AbortSignal): Promise<RatingSummary> {
  return readRatingSummary((await send(`${toItemPath(itemId)}/ratings`, { signal })).body);
}

export interface NewWrite {
  itemId: string;
  collection: 'comments' | 'ratings';
  body: unknown;
  idempotencyKey: string;
  onRetry: (attempt: number) => void;
}

/** Sends a comment or a rating. Returns the path where it will be found, or null when the answer named none. */
export async function postWrite(write: NewWrite): Promise<string | null> {
  const { itemId, collection, body, idempotencyKey, onRetry } = write;
  const answer = await send(`${toItemPath(itemId)}/${collection}`, { body, idempotencyKey, onRetry });
  return toOwnPath(answer.headers.get('location') ?? '', location.origin);
}

/** A write is visible within 2 s as a rule; after these (30 s in all) it is left to arrive by itself. */
const looksAfterMs = [200, 300, 500, 1_000, 1_500, 2_500, 4_000, 5_000, 7_000, 8_000];

/** Looks at an accepted write's own path until it is there. False when it did not arrive in time. */
export async function awaitVisible(path: string): Promise<boolean> {
  for (const delayMs of looksAfterMs) {
    await pause(delayMs);
    try {
      await send(path, { retries: false });
      return true;
    } catch {
      // Not there yet, or the shop is busy: both are answered by looking again, a bounded number of times.
    }
  }
  return false;
}
