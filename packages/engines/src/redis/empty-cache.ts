import type { RedisConnection } from './connect-redis.ts';

/** What is written faster than this can be removed is new anyway. */
const roundsMax = 100_000;

/** Removes every key, a thousand at a time: commands that stop a server for as long as it takes are disabled. */
export async function emptyCache({ send }: RedisConnection): Promise<void> {
  let cursor = '0';
  for (let round = 0; round < roundsMax; round += 1) {
    const [next, keys] = (await send(['SCAN', cursor, 'COUNT', '1000'])) as [string, string[]];
    if (keys.length > 0) await send(['UNLINK', ...keys]);
    cursor = next;
    if (cursor === '0') return;
  }
}
