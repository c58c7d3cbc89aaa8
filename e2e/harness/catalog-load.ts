import { randomUUID } from 'node:crypto';
import type { LoadRequest, LoadResult } from './open-loop.ts';

export const apiBase = '/catalogservice/api/1.0/catalogitem';

export interface Item {
  id: string;
  name: string;
}

export async function listItems(frontDoor: string): Promise<Item[]> {
  const response = await fetch(`${frontDoor}${apiBase}?limit=100`);
  if (!response.ok) throw new Error(`listing items answered ${response.status}`);
  return (await response.json()) as Item[];
}

/** Plain, the storefront is four times as large. */
const asBrowsers = { 'accept-encoding': 'gzip, deflate, br' };

/** Safe requests over all user-visible reads: storefront, list, item, comments, ratings. */
export function safeRequests(items: readonly Item[]): (index: number) => LoadRequest {
  return (index) => {
    const id = items[index % items.length]?.id ?? '';
    const paths = [
      '/',
      `${apiBase}?limit=20`,
      `${apiBase}/${id}`,
      `${apiBase}/${id}/comments`,
      `${apiBase}/${id}/ratings`,
    ];
    return { path: paths[index % paths.length] ?? '/', headers: asBrowsers };
  };
}

/** A comment, a rating or a new item (with the key), each with an idempotency key of its own. */
export function writeRequests(items: readonly Item[], apiKey: string): (index: number) => LoadRequest {
  return (index) => {
    const id = items[index % items.length]?.id ?? '';
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    if (index % 5 === 0) {
      const body = JSON.stringify({
        id: randomUUID(),
        name: `Load ${index}`,
        description: 'made by a scenario',
        price: 1,
      });
      return { path: apiBase, method: 'POST', headers: { ...headers, 'x-api-key': apiKey }, body };
    }
    if (index % 5 === 1) {
      return {
        path: `${apiBase}/${id}/ratings`,
        method: 'POST',
        headers,
        body: JSON.stringify({ rating: 1 + (index % 5) }),
      };
    }
    const body = JSON.stringify({
      authorName: 'scenario',
      text: `comment ${index} ${headers['idempotency-key']}`,
    });
    return { path: `${apiBase}/${id}/comments`, method: 'POST', headers, body };
  };
}

/** Accepted writes: 201 and 202. */
export function acceptedOf(results: readonly LoadResult[]): LoadResult[] {
  return results.filter(({ status }) => status === 201 || status === 202);
}

/**
 * Looks every accepted write up by its Location until it is found or the time is over; returns those that were not. Also repeats
 * each write with its key: the same Location must come back, so that none can have been applied twice under two ids.
 */
export async function findLost(
  frontDoor: string,
  accepted: readonly LoadResult[],
  withinMs = 30_000,
): Promise<LoadResult[]> {
  const deadline = Date.now() + withinMs;
  let open = [...accepted];
  while (open.length > 0 && Date.now() < deadline) {
    const still: LoadResult[] = [];
    for (const chunk of chunksOf(open, 20)) {
      const found = await Promise.all(chunk.map((write) => isFound(frontDoor, write)));
      still.push(...chunk.filter((_, index) => !found[index]));
    }
    open = still;
  }
  return open;
}

async function isFound(frontDoor: string, write: LoadResult): Promise<boolean> {
  const location = write.headers.location;
  if (typeof location !== 'string') return false;
  const response = await fetch(new URL(location, frontDoor)).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}

/** Comments that stand twice with the same text: a write that took effect twice. */
export async function findDoubled(frontDoor: string, items: readonly Item[]): Promise<string[]> {
  const doubled: string[] = [];
  for (const { id } of items) {
    const response = await fetch(`${frontDoor}${apiBase}/${id}/comments?limit=1000`);
    const texts = ((await response.json()) as { text: string }[]).map((comment) => comment.text);
    doubled.push(...texts.filter((text, index) => texts.indexOf(text) !== index));
  }
  return doubled;
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
