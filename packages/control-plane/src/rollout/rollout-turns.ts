import { beginRollout } from '@alwayson/core/rollout/rollout-state.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import { toFirstProgram } from './rollout-program.ts';
import { noProgress, type RolloutRecord, type RolloutRequest } from './rollout-record.ts';
import type { RolloutTeller } from './rollout-teller.ts';

export interface RolloutTurns {
  /** The rollout of the request that waits longest begins; false when nobody waits. */
  begin(): boolean;
  /** The request of the rollout that has begun: it waits no longer. Null when nobody asked for that. */
  take(rollout: string): RolloutRequest | null;
}

/** Those that wait have their turns. A crash may fall between the two records: a rollout that has begun finds its request among those that wait. */
export function createRolloutTurns(context: {
  record: RolloutRecord;
  store: ReleaseStore;
  estate: Pick<EstateController, 'record'>;
  teller: Pick<RolloutTeller, 'tellBegin'>;
  now: () => number;
}): RolloutTurns {
  const { record, store, estate, teller, now } = context;
  const take = (rollout: string) => {
    record.changeRequests((requests) => {
      const own = requests.waiting.find(({ id }) => id === rollout);
      if (own === undefined) return requests;
      return { ...requests, current: own, waiting: requests.waiting.filter((request) => request !== own) };
    });
    const { current } = record.requests();
    return current?.id === rollout ? current : null;
  };
  return {
    begin() {
      const [next] = record.requests().waiting;
      const live = store.find(estate.record().live);
      if (next === undefined || live === null) return false;
      const state = beginRollout(toFirstProgram(next, { live, store }), now());
      teller.tellBegin(state, next);
      record.saveProgress({ ...noProgress, state, isClosed: false });
      take(next.id);
      return true;
    },
    take,
  };
}
