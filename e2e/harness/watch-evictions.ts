import { setTimeout as sleep } from 'node:timers/promises';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { TestEnvironment } from './environment.ts';
import { readShares } from './read-shares.ts';

const lookEveryMs = 500;

/** Every time that a stamp loses all of its traffic, or all of one flow's: `flow stamp`, or `stamp`. */
export function watchEvictions(environment: TestEnvironment): { stop(): Promise<string[]> } {
  const state = { stopped: false };
  const evictions: string[] = [];
  const watch = async () => {
    let before = new Set<string>();
    while (!state.stopped) {
      const report = await readShares(environment);
      if (report !== null) {
        const out = listOut(report);
        evictions.push(...[...out].filter((one) => !before.has(one)));
        before = out;
      }
      await sleep(lookEveryMs);
    }
  };
  const running = watch();
  return {
    async stop() {
      state.stopped = true;
      await running;
      return evictions;
    },
  };
}

function listOut({ stamps, detours }: SharesReport): Set<string> {
  const whole = stamps.filter(({ weight }) => weight === 0).map(({ id }) => id);
  const flows = detours.flatMap(({ flow, weights }) =>
    Object.entries(weights).flatMap(([id, weight]) => (weight === 0 ? [`${flow} ${id}`] : [])),
  );
  return new Set([...whole, ...flows]);
}
