import { randomUUID } from 'node:crypto';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RolloutPlanning } from '@alwayson/protocol/release-api.ts';
import type { RolloutPlan } from '@alwayson/protocol/releases.ts';

/** Plans in the making, and those that were made, until nobody will ask for them any more. */
export interface Plannings {
  begin(make: () => Promise<RolloutPlan>): RolloutPlanning;
  /** Throws the error that the making ended with; AON_NOT_FOUND when it is not known (any more). */
  find(id: string): RolloutPlanning;
}

const keptMs = 15 * 60_000;
const makingMax = 4;
const keptMax = 32;

type Outcome = { plan: RolloutPlan } | { error: unknown };

export function createPlannings(now: () => number): Plannings {
  const known = new Map<string, { outcome: Outcome | null; endedAt: number }>();
  const forgetOld = () => {
    const ended = [...known].filter(([, { outcome }]) => outcome !== null);
    for (const [index, [id, { endedAt }]] of ended.entries()) {
      if (now() - endedAt > keptMs || index < ended.length - keptMax) known.delete(id);
    }
  };
  return {
    begin(make) {
      forgetOld();
      if ([...known.values()].filter(({ outcome }) => outcome === null).length >= makingMax)
        throw new AlwaysOnError('AON_RATE_LIMITED', `${makingMax} plans are being made already.`, {
          hint: 'Wait until one of them is done, and ask again.',
        });
      const planning = randomUUID();
      const end = (outcome: Outcome) => void known.set(planning, { outcome, endedAt: now() });
      known.set(planning, { outcome: null, endedAt: 0 });
      void make().then(
        (plan) => end({ plan }),
        (error: unknown) => end({ error }),
      );
      return { planning, plan: null };
    },
    find(planning) {
      const found = known.get(planning);
      if (found === undefined)
        throw new AlwaysOnError('AON_NOT_FOUND', `No plan ${planning} is being made.`, {
          hint: 'The control plane may have been restarted: ask for the plan again.',
        });
      if (found.outcome !== null && 'error' in found.outcome) throw found.outcome.error;
      return { planning, plan: found.outcome?.plan ?? null };
    },
  };
}
