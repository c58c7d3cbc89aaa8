/** Longest wait that a caller gets, in ms. */
const waitMostMs = 30_000;

/**
 * A version that goes up with every change, and waiting for the next one. It starts at the clock, so that a reader that
 * outlived an earlier host does not take this one's versions for old.
 */
export class ChangeFeed {
  #version = Date.now();
  #waiters = new Set<() => void>();
  #telling = false;

  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version += 1;
    if (this.#telling) return;
    this.#telling = true;
    // What changes in the same turn is told together.
    queueMicrotask(() => {
      this.#telling = false;
      this.release();
    });
  }

  /** Resolves when the version is another than `after`, the wait is over, or the reader is gone. */
  async wait(after: number, waitMs: number, gone: AbortSignal): Promise<void> {
    if (this.#version !== after || gone.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        gone.removeEventListener('abort', end);
        this.#waiters.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(waitMs, waitMostMs));
      gone.addEventListener('abort', end);
      this.#waiters.add(end);
    });
  }

  /** Ends all waits now. */
  release(): void {
    for (const end of this.#waiters) end();
  }
}
