import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { RouteRollout } from '@alwayson/protocol/routes.ts';

/** How shares are to divide traffic while the rollout stands; null when there is nothing to divide. */
export function toRollout(state: RolloutState | null): RouteRollout | null {
  if (state === null || state.end !== null) return null;
  const hasStamps = state.entered.some(({ name }) => name === 'place');
  return hasStamps ? { candidate: state.program.release, parts: { ...state.parts } } : null;
}
