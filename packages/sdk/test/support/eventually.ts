import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until something holds; errors on the way count as "not yet". Returns the milliseconds it took. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<number> {
  const startedAt = performance.now();
  let last: unknown;
  while (performance.now() - startedAt < limitMs) {
    try {
      if (await holds()) return performance.now() - startedAt;
    } catch (error) {
      last = error;
    }
    await sleep(25);
  }
  throw new Error(`Not within ${limitMs} ms: ${what}.`, { cause: last });
}
