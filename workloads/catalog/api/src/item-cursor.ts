import type { ItemPosition } from '#db/items.ts';
import { HttpProblem } from '@alwayson/sdk/http-problem.ts';

/** An opaque text for the `Link` to the next page. */
export function renderCursor({ name, id }: ItemPosition): string {
  return Buffer.from(JSON.stringify([name, id])).toString('base64url');
}

/** Throws a 400 that names the field when the text is none of ours. */
export function parseCursor(text: string): ItemPosition {
  const value = parse(Buffer.from(text, 'base64url').toString());
  if (Array.isArray(value) && typeof value[0] === 'string' && isUuid(value[1])) {
    return { name: value[0].replaceAll('\u0000', ''), id: value[1] };
  }
  const message = 'must be taken from the Link header of the page before';
  throw new HttpProblem(400, 'INVALID_REQUEST', {
    detail: `cursor: ${message}`,
    fields: [{ field: 'cursor', message }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}
