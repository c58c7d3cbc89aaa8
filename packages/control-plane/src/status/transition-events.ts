import { findTransitions } from '@alwayson/core/status/find-transitions.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller } from '../controller.ts';
import type { Journal } from '../operations/journal.ts';

/** Writes into the history what changed since the last look: zones lost and found, units gone and back. */
export function createTransitionEvents(journal: Journal, status: () => Status): Controller {
  let before: Status | undefined;
  return {
    name: 'transition-events',
    async tick() {
      const after = status();
      for (const transition of before === undefined ? [] : findTransitions(before, after))
        journal.event(transition);
      before = after;
    },
    close: async () => {},
  };
}
