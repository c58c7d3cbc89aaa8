import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RedisConnection } from './connect-redis.ts';

const key = 'alwayson:health';

/** Whether a cache keeps what it is given. Throws when it does not answer, refuses, or answers something else. */
export async function proveCache({ send }: RedisConnection, value: string): Promise<void> {
  const [, kept] = await Promise.all([send(['SET', key, value, 'EX', '60']), send(['GET', key])]);
  if (kept === value) return;
  throw new AlwaysOnError('AON_INTERNAL', 'The cache does not keep what it was just given.');
}
