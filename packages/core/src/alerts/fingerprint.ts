/** An alert's id: the same for the same root cause, today and next week (FNV-1a, 32 bits). */
export function fingerprintOf(rootCause: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(rootCause)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `alert-${hash.toString(16).padStart(8, '0')}`;
}
