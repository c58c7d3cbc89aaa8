import { saySpan } from './say-span.ts';

const freshMs = 15_000;

/** A line when a report was made so long ago that it may not hold any more; nothing while it is fresh. */
export function describeStaleness(at: string, nowMs: number): string[] {
  const ageMs = nowMs - Date.parse(at);
  return ageMs > freshMs ? [`Not up to date: this was decided ${saySpan(ageMs)} ago.`] : [];
}
