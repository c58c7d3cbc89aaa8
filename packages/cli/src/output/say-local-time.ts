/** `2026-01-01 10:00:00` where the reader is. */
export function sayLocalTime(time: string): string {
  return new Date(time).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
}
