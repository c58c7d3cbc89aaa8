export interface ProbeRounds {
  close(): void;
}

const firstAfterMs = 500;
const nothingToDoMs = 1000;

/**
 * Probes every target once in each interval, evenly spread over it (±10 %). A target that has not answered yet is left out.
 * `list` is asked before every probe, so targets may come and go; `probe` must not throw.
 */
export function startProbeRounds<Target extends { key: string }>(options: {
  list: () => readonly Target[];
  intervalMs: number;
  probe: (target: Target) => Promise<void>;
}): ProbeRounds {
  const { list, intervalMs, probe } = options;
  const running = new Set<string>();
  let turn = 0;
  let timer = setTimeout(next, firstAfterMs);

  function next(): void {
    const targets = list();
    const target = targets[turn % Math.max(1, targets.length)];
    turn += 1;
    const waitMs = target === undefined ? nothingToDoMs : intervalMs / targets.length;
    timer = setTimeout(next, waitMs * (0.9 + Math.random() * 0.2));
    if (target === undefined || running.has(target.key)) return;
    running.add(target.key);
    void probe(target).finally(() => running.delete(target.key));
  }
  return { close: () => clearTimeout(timer) };
}
