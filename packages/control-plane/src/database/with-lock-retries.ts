import { setTimeout as sleep } from 'node:timers/promises';

/** `lock_not_available`: somebody else had the lock for longer than `lock_timeout`. */
const lockNotAvailable = '55P03';
const attemptsMax = 30;
/** Those that waited behind it have their turn in between. */
const pauseMs = 1000;

/**
 * Does it again as long as a lock cannot be had, half a minute or more. A statement that waits for a lock on a table keeps everybody behind
 * it waiting, so it waits for a short time only. What it runs must have undone itself when it throws.
 */
export async function withLockRetries(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run();
      return;
    } catch (error) {
      const isLocked = error instanceof Error && 'code' in error && error.code === lockNotAvailable;
      if (!isLocked || attempt === attemptsMax) throw error;
    }
    await sleep(pauseMs);
  }
}
