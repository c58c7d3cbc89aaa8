import type { State } from '@alwayson/protocol/words.ts';
import type { UnitState } from '@alwayson/protocol/units.ts';

/** What a process tells of its unit, given whether its host can be reached. A dead host's units are dead with it. */
export function toUnitState(
  process: UnitState,
  contact: 'connected' | 'refused' | 'silent' | 'unknown',
): State {
  if (contact === 'refused') return 'unhealthy';
  if (contact !== 'connected') return 'unknown';
  switch (process) {
    case 'ready':
      return 'healthy';
    case 'starting':
    case 'stopping':
      return 'degraded';
    case 'failing':
    case 'stopped':
    case 'exited':
    case 'held':
      return 'unhealthy';
  }
}

/** The worst of all. Unknown is not healthy: it hides a healthy rest, but not a known fault. */
export function worstOf(states: readonly State[]): State {
  for (const state of ['unhealthy', 'degraded', 'unknown'] as const) if (states.includes(state)) return state;
  return states.length === 0 ? 'unknown' : 'healthy';
}

/** Of replicas that stand in for each other: healthy when all are, unhealthy when none serves, else degraded. */
export function replicasOf(states: readonly State[]): State {
  // Nothing known, or nothing there at all.
  if (states.every((state) => state === 'unknown')) return 'unknown';
  if (states.every((state) => state === 'healthy')) return 'healthy';
  return states.some((state) => state === 'healthy' || state === 'degraded') ? 'degraded' : 'unhealthy';
}
