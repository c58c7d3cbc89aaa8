import { createHash, timingSafeEqual } from 'node:crypto';

/** The header that carries it. */
export const apiKeyHeader = 'x-api-key';

/** A check in constant time: neither a key's content nor its length shows in how long the answer takes. */
export function createApiKeyCheck(keys: readonly string[]): (candidate: unknown) => boolean {
  const digests = keys.map(toDigest);
  return (candidate) => {
    if (typeof candidate !== 'string' || candidate === '') return false;
    const digest = toDigest(candidate);
    // All of them every time: stopping at the first match would tell which one it was.
    return digests.filter((known) => timingSafeEqual(known, digest)).length > 0;
  };
}

function toDigest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
