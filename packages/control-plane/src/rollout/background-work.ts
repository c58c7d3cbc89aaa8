import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Work } from '@alwayson/core/rollout/rollout-observation.ts';

export interface BackgroundWork {
  /** Begins the work once for this key, and says how it stands. Another key gives up what ran before. */
  look(key: string, run: (signal: AbortSignal) => Promise<void>): Work;
  /** Gives up and forgets: the same key begins anew. */
  reset(): void;
  close(): Promise<void>;
}

const open: Work = { kind: 'open' };

/**
 * One thing at a time that takes longer than a tick. Nothing of it outlives the process: who looks after a restart begins it again, so what
 * it does must be repeatable. `onEnd` is called when it has ended, so that somebody looks at once.
 */
export function createBackgroundWork(onEnd: () => void): BackgroundWork {
  let current: { key: string; work: Work; abort: AbortController; ended: Promise<void> } | null = null;

  const begin = (key: string, run: (signal: AbortSignal) => Promise<void>) => {
    const abort = new AbortController();
    const next = { key, work: open, abort, ended: Promise.resolve() };
    next.ended = run(abort.signal).then(
      () => {
        next.work = { kind: 'done' };
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        next.work = { kind: 'failed', reason, ...(isAlwaysOnError(error) ? { code: error.code } : {}) };
      },
    );
    void next.ended.then(onEnd);
    current = next;
  };

  return {
    look(key, run) {
      if (current?.key !== key) {
        current?.abort.abort();
        begin(key, run);
      }
      return current?.work ?? open;
    },
    reset() {
      current?.abort.abort();
      current = null;
    },
    async close() {
      current?.abort.abort();
      await current?.ended;
    },
  };
}
