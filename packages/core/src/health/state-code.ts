import type { Impact } from '@alwayson/protocol/health.ts';
import type { State } from '@alwayson/protocol/words.ts';

/**
 * States as numbers, so that the worst of several is the greatest. Unknown hides a healthy rest, but not a known fault; it is
 * no step between the others otherwise.
 */
export const healthy = 0;
export const unknown = 1;
export const degraded = 2;
export const unhealthy = 3;

export type StateCode = typeof healthy | typeof unknown | typeof degraded | typeof unhealthy;

const names: readonly State[] = ['healthy', 'unknown', 'degraded', 'unhealthy'];

export function toState(code: number): State {
  return names[code] ?? 'unknown';
}

export function fromState(state: State): StateCode {
  switch (state) {
    case 'healthy':
      return healthy;
    case 'unknown':
      return unknown;
    case 'degraded':
      return degraded;
    case 'unhealthy':
      return unhealthy;
  }
}

export const impactCodes = { standard: 0, limited: 1, suppressed: 2 } as const satisfies Record<
  Impact,
  number
>;

/** What is felt of a child, by `impact code * 4 + state code`. */
export const felt: readonly number[] = [
  [healthy, unknown, degraded, unhealthy],
  [healthy, unknown, healthy, degraded],
  [healthy, healthy, healthy, healthy],
].flat();
