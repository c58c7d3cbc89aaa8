import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusUnit } from '@alwayson/protocol/status.ts';
import { type TestEnvironment, unitsOf } from './environment.ts';
import { killIfThere } from './kill-if-there.ts';

/** SIGKILL of every unit that is chosen, and again whenever it was started again, until it is ended. */
export function keepKilled(
  environment: TestEnvironment,
  choose: (unit: StatusUnit & { zone: string; region: string }) => boolean,
): { end(): Promise<void> } {
  const state = { ended: false };
  const running = (async () => {
    while (!state.ended) {
      const status = await environment.status().catch(() => null);
      const pids = (status === null ? [] : unitsOf(status)).filter(choose).map(({ pid }) => pid);
      for (const pid of pids) if (pid !== null) killIfThere(pid);
      await sleep(100);
    }
  })();
  return {
    async end() {
      state.ended = true;
      await running;
    },
  };
}
