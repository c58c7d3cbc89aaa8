import { setTimeout as sleep } from 'node:timers/promises';

const backoffMs = { first: 500, max: 30_000 };
const closeDeadlineMs = 3000;

export interface MemberLanes {
  /** Runs it unless the member is busy, or the same thing failed a moment ago. */
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
  const failures = new Map<string, { count: number; retryAt: number }>();

  const drive = async (member: string, name: string, run: () => Promise<void>) => {
    const key = `${member} ${name}`;
    try {
      await run();
      failures.delete(key);
    } catch (error) {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const retryAt = performance.now() + Math.min(backoffMs.max, backoffMs.first * 2 ** (count - 1));
      failures.set(key, { count, retryAt });
      onFailure(member, name, error);
    }
  };

  return {
    start(member, name, run) {
      if (running.has(member) || performance.now() < (failures.get(`${member} ${name}`)?.retryAt ?? 0))
        return;
      const ended = drive(member, name, run).finally(() => {
        running.delete(member);
        onEnd();
      });
      running.set(member, ended);
    },
    async close() {
      const waited = new AbortController();
      await Promise.race([
        Promise.all(running.values()),
        sleep(closeDeadlineMs, undefined, { signal: waited.signal }).catch(() => {}),
      ]);
      waited.abort();
    },
  };
}
