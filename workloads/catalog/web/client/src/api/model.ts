import { isRecord } from './is-record.ts';

/**
 * What the catalog's API tells, read with tolerance: a page and an API of different releases meet during a rollout, so
 * a field that is missing or of another type becomes an empty value instead of a crash, and unknown fields are ignored.
 */
export interface Item {
  id: string;
  name: string;
  /** A path on this origin, or null: pictures from elsewhere are not shown. */
  imagePath: string | null;
  /** Null when unknown. */
  price: number | null;
  lastUpdated: string;
  /** Undefined in lists, which do not tell it. */
  description: string | undefined;
}

export interface Comment {
  id: string;
  authorName: string;
  text: string;
  creationDate: string;
}

export interface RatingSummary {
  /** 1..5, or null without votes. */
  averageRating: number | null;
  numberOfVotes: number;
}

function readString(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

function readNumber(record: Record<string, unknown>, name: string): number | null {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A URL of this origin as a path; anything else is null, so that the shop asks no other origin for anything. */
export function toOwnPath(url: string, origin: string): string | null {
  if (url === '' || !URL.canParse(url, origin)) return null;
  const parsed = new URL(url, origin);
  return parsed.origin === origin ? parsed.pathname + parsed.search : null;
}

function readList<Entry>(body: unknown, read: (entry: unknown) => Entry | null): Entry[] {
  if (!Array.isArray(body)) return [];
  return body.map(read).filter((entry) => entry !== null);
}

export function readItem(body: unknown): Item | null {
  if (!isRecord(body)) return null;
  const id = readString(body, 'id');
  if (id === '') return null;
  return {
    id,
    name: readString(body, 'name') || 'Unnamed item',
    imagePath: toOwnPath(readString(body, 'imageUrl'), location.origin),
    price: readNumber(body, 'price'),
    lastUpdated: readString(body, 'lastUpdated'),
    description: typeof body['description'] === 'string' ? body['description'] : undefined,
  };
}

function readComment(body: unknown): Comment | null {
  if (!isRecord(body)) return null;
  const id = readString(body, 'id');
  if (id === '') return null;
  return {
    id,
    authorName: readString(body, 'authorName') || 'Someone',
    text: readString(body, 'text'),
    creationDate: readString(body, 'creationDate'),
  };
}

export function readItems(body: unknown): Item[] {
  return readList(body, readItem);
}

export function readComments(body: unknown): Comment[] {
  return readList(body, readComment);
}

export function readRatingSummary(body: unknown): RatingSummary {
  if (!isRecord(body)) return { averageRating: null, numberOfVotes: 0 };
  const numberOfVotes = readNumber(body, 'numberOfVotes') ?? 0;
  return { averageRating: numberOfVotes > 0 ? readNumber(body, 'averageRating') : null, numberOfVotes };
}
