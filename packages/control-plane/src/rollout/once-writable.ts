import { setTimeout as sleep } from 'node:timers/promises';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';

const againMs = 1000;
/** A writer that died is replaced in seconds. */
const patienceMs = 60_000;

/** Tries again while the database has no writer, as after a failover in the middle; the work must be repeatable. */
export async function onceWritable<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const isPassing = isAlwaysOnError(error) && error.code === 'AON_DATABASE';
      if (!isPassing || performance.now() >= giveUpAt) throw error;
    }
    await sleep(againMs, undefined, { signal });
  }
}
