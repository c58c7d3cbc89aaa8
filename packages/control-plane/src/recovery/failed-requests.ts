import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '@alwayson/protocol/observation.ts';

const pollMs = 200;
/** Observers tell slices of one second, and are read each second while there is traffic. */
const knownWithinMs = 8000;

/**
 * Requests of users that failed at any gateway between two moments (Unix ms), as the observers counted them in slices of a second; those
 * that both moments are in count whole. Null when an observer does not tell that span in time.
 */
export async function countFailedRequests(
  observations: () => readonly Observation[],
  regions: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<number | null> {
  const giveUpAt = performance.now() + knownWithinMs;
  for (;;) {
    const seen = observations().filter(({ at }) => Date.parse(at) >= toMs + 1000);
    if (regions.every((region) => seen.some((observation) => observation.region === region))) {
      const slices = seen.flatMap(({ windows = [] }) => windows.flatMap((window) => window.slices));
      const during = slices.filter(({ from, to }) => to > fromMs && from < toMs);
      return during.reduce((sum, { bad }) => sum + bad, 0);
    }
    if (performance.now() > giveUpAt) return null;
    await sleep(pollMs);
  }
}
