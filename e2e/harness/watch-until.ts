import { setTimeout as sleep } from 'node:timers/promises';

export interface ConditionWatch {
  /** Milliseconds of `performance.now()` at which the condition was first seen to hold; undefined when it never did. */
  readonly sinceMs: number | undefined;
  stop(): Promise<void>;
}

/** Looks again and again in the background until the condition holds. */
export function watchUntil(everyMs: number, condition: () => Promise<boolean>): ConditionWatch {
  const watch = { sinceMs: undefined as number | undefined, stopped: false };
  const running = (async () => {
    while (!watch.stopped && watch.sinceMs === undefined) {
      if (await condition()) watch.sinceMs = performance.now();
      else await sleep(everyMs);
    }
  })();
  return {
    get sinceMs() {
      return watch.sinceMs;
    },
    async stop() {
      watch.stopped = true;
      await running;
    },
  };
}
