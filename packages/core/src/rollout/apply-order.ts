import { undo } from './rollout-moves.ts';
import type { Order } from './rollout-observation.ts';
import { canUndo, type RolloutState } from './rollout-state.ts';

/** What an operator's word does; `refused` says why it can do nothing. */
export function applyOrder(
  state: RolloutState,
  { order, owner, reason }: Order,
  now: number,
): { state: RolloutState } | { refused: string } {
  const why = reason === undefined ? '' : `: ${reason}`;
  if (state.end !== null) return { refused: 'It has ended already.' };
  switch (order) {
    case 'abort':
      if (state.undoing !== null) return { refused: 'It is being undone already.' };
      if (!canUndo(state))
        return { refused: `It is live, and the old stamps are going (${state.phase}): roll back.` };
      return { state: undo(state, `aborted by ${owner}${why}`, now) };
    case 'pause':
      if (!canUndo(state)) return { refused: `Nothing is left to wait with (${state.phase}).` };
      return {
        state: { ...state, hold: { reason: 'paused', since: now, text: `paused by ${owner}${why}` } },
      };
    case 'resume':
      if (state.hold?.reason !== 'paused') return { refused: 'It is not paused.' };
      // The step is looked at anew: what happened in between was not planned.
      return { state: { ...state, hold: null, since: now } };
    case 'promote':
      if (state.phase !== 'bake') return { refused: `There is no gate to pass over (${state.phase}).` };
      return { state: { ...state, hold: null, promoted: true } };
  }
}
