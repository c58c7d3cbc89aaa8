import { setTimeout as sleep } from 'node:timers/promises';

const backoffMs = { first: 500, max: 30_000 };
/** What succeeded and is wanted again has not helped: not at once. */
const pauseMs = 200;
const closeDeadlineMs = 3000;

export interface MemberLanes {
  /** Runs it unless the member is busy, or the same thing was done a moment ago. */
  start(member: string, name: string, run: () => Promise<void>): void;
  /** Waits a little for what runs. */
  close(): Promise<void>;
}

export interface LanesContext {
  onEnd: () => void;
  onFailure: (member: string, name: string, error: unknown) => void;
}

/** One action at a time for a member, members beside each other; what fails is tried again later and later. */
export function createMemberLanes({ onEnd, onFailure }: LanesContext): MemberLanes {
  const running = new Map<string, Promise<void>>();
  const done = new Map<string, { failures: number; againAt: number }>();
  let closed = false;

  const drive = async (member: string, name: string, run: () => Promise<void>) => {
    const key = `${member} ${name}`;
    try {
      await run();
      done.set(key, { failures: 0, againAt: performance.now() + pauseMs });
    } catch (error) {
      const failures = (done.get(key)?.failures ?? 0) + 1;
      const waitMs = Math.min(backoffMs.max, backoffMs.first * 2 ** (failures - 1));
      done.set(key, { failures, againAt: performance.now() + waitMs });
      if (!closed) onFailure(member, name, error);
    }
  };

  return {
    start(member, name, run) {
      if (running.has(member) || performance.now() < (done.get(`${member} ${name}`)?.againAt ?? 0)) return;
      const ended = drive(member, name, run).finally(() => {
        running.delete(member);
        if (!closed) onEnd();
      });
      running.set(member, ended);
    },
    async close() {
      closed = true;
      const waited = new AbortController();
      await Promise.race([
        Promise.all(running.values()),
        sleep(closeDeadlineMs, undefined, { signal: waited.signal }).catch(() => {}),
      ]);
      waited.abort();
    },
  };
}
