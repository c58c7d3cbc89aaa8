import type { ItemRow } from '#db/items.ts';

/** Names what the whole answer says: the content's version, and the votes. */
export function renderEtag(item: ItemRow): string {
  return `"${item.version}-${item.ratingCount}.${item.ratingSum}"`;
}

/** Whether an `If-Match` allows a change. Votes in between are no conflict: only the content's version counts. */
export function allowsChange(ifMatch: string, item: ItemRow): boolean {
  if (ifMatch.trim() === '*') return true;
  return toTags(ifMatch).some((tag) => tag.split('-', 1)[0] === item.version);
}

/** Whether an `If-None-Match` says that the client has exactly this answer. */
export function hasAnswer(ifNoneMatch: string, etag: string): boolean {
  return toTags(ifNoneMatch).includes(etag.slice(1, -1));
}

function toTags(header: string): string[] {
  return [...header.matchAll(/(?:W\/)?"([^"]*)"/g)].map(([, tag = '']) => tag);
}
