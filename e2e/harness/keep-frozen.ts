import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusUnit } from '@alwayson/protocol/status.ts';
import { type TestEnvironment, unitsOf } from './environment.ts';

/** SIGSTOP of every unit that is chosen, and of those that take their place, until it is ended: then all of them go on. */
export function keepFrozen(
  environment: TestEnvironment,
  choose: (unit: StatusUnit & { zone: string; region: string }) => boolean,
): { end(): Promise<void> } {
  const frozen = new Set<number>();
  const state = { ended: false };
  const running = (async () => {
    while (!state.ended) {
      const status = await environment.status().catch(() => null);
      const pids = (status === null ? [] : unitsOf(status)).filter(choose).flatMap(({ pid }) => pid ?? []);
      for (const pid of pids) if (!frozen.has(pid) && signal(pid, 'SIGSTOP')) frozen.add(pid);
      await sleep(100);
    }
  })();
  return {
    async end() {
      state.ended = true;
      await running;
      for (const pid of frozen) signal(pid, 'SIGCONT');
    },
  };
}

/** False: it is gone. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
