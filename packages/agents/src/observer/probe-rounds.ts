import { probeEveryMs } from '@alwayson/protocol/observation.ts';

export interface ProbeRounds {
  close(): void;
}

const firstAfterMs = 500;
const nothingToDoMs = 1000;

/**
 * Probes every target once in each interval, evenly spread over it (±10 %). A target that has not answered yet is left out.
 * One that failed is asked again soon, until it is well. `list` is asked before every probe, so targets may come and go; `probe`
 * tells whether all was well, and must not throw.
 */
export function startProbeRounds<Target extends { key: string }>(options: {
  list: () => readonly Target[];
  intervalMs: number;
  probe: (target: Target) => Promise<boolean>;
}): ProbeRounds {
  const { list, intervalMs, probe } = options;
  const running = new Set<string>();
  let turn = 0;
  let isClosed = false;
  const retries = new Map<string, NodeJS.Timeout>();
  let timer = setTimeout(next, firstAfterMs);

  function next(): void {
    const targets = list();
    const target = targets[turn % Math.max(1, targets.length)];
    turn += 1;
    const waitMs = target === undefined ? nothingToDoMs : intervalMs / targets.length;
    timer = setTimeout(next, waitMs * (0.9 + Math.random() * 0.2));
    if (target !== undefined && !retries.has(target.key)) void ask(target);
  }

  async function ask(target: Target): Promise<void> {
    const { key } = target;
    if (running.has(key)) return;
    running.add(key);
    const isWell = await probe(target);
    running.delete(key);
    if (isWell || isClosed) return;
    const again = () => {
      retries.delete(key);
      if (list().some((listed) => listed.key === key)) void ask(target);
    };
    retries.set(key, setTimeout(again, Math.min(probeEveryMs.retry, intervalMs)));
  }

  return {
    close() {
      isClosed = true;
      for (const each of [timer, ...retries.values()]) clearTimeout(each);
    },
  };
}
