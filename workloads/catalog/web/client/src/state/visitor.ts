import { isRecord } from '../api/is-record.ts';

/** What this browser remembers about its visitor: the name they sign with, and the stars they gave to which item. */
const nameKey = 'hearth-and-trail.name';
const ratingsKey = 'hearth-and-trail.ratings';
const ratingsKept = 500;

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // Forbidden by the browser's settings: nothing is remembered.
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}

export function readVisitorName(): string {
  return read(nameKey) ?? '';
}

export function rememberVisitorName(name: string): void {
  write(nameKey, name);
}

function readRatings(): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(read(ratingsKey) ?? '{}');
    return isRecord(stored) ? stored : {};
  } catch {
    return {};
  }
}

/** The stars that this browser gave to the item, or null: each item is rated once. */
export function readOwnRating(itemId: string): number | null {
  const stars = readRatings()[itemId];
  return typeof stars === 'number' ? stars : null;
}

export function rememberOwnRating(itemId: string, stars: number): void {
  const others = Object.entries(readRatings()).filter(([id]) => id !== itemId);
  write(ratingsKey, JSON.stringify(Object.fromEntries([...others, [itemId, stars]].slice(-ratingsKept))));
}
