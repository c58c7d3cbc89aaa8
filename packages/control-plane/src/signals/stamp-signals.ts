import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { KeptHttp } from '@alwayson/engines/http/kept-http.ts';
import { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { stampHealthQuestion } from '../estate/stamp-units.ts';

/** A little less than two ticks, which are not exact. */
const intervalMs = 1900;
/** An answer older than this is no evidence (health.md 3.2: max(3 x interval, interval + 2 x timeout)). */
const staleAfterMs = 6000;

export interface StampSignals extends Controller {
  /** The fresh answer of a stamp's health endpoint; null when there is none. */
  health(stamp: string): StampHealth | null;
}

/** Asks every stamp's health endpoint, as the gateways do. Its own loop: a stamp that hangs delays nobody else. */
export function createStampSignals(
  context: ControllerContext & { stamps: () => readonly StampPlan[] },
  onChange: () => void,
): StampSignals {
  const { environment, placement, now } = context;
  const answers = new Map<string, { health: StampHealth; at: number }>();
  const askers = new Map<string, KeptHttp>();
  let askedAt = -Infinity;

  const askerOf = (stamp: StampPlan): KeptHttp => {
    const known = askers.get(stamp.id);
    if (known !== undefined) return known;
    const asker = new KeptHttp({ ...stampHealthQuestion(environment, stamp), timeoutMs: 1000 });
    askers.set(stamp.id, asker);
    return asker;
  };

  const ask = async (stamp: StampPlan) => {
    const before = answers.get(stamp.id)?.health.state;
    try {
      const { body } = await askerOf(stamp).ask();
      // The state is in the body, with 200 and with 503.
      answers.set(stamp.id, { health: StampHealth.parse(JSON.parse(body)), at: now() });
    } catch {
      // Silence is told by the age of the last answer.
      if (placement.observe(stamp.zone).contact === 'refused') answers.delete(stamp.id);
    }
    if (answers.get(stamp.id)?.health.state !== before) onChange();
  };

  const forgetOthers = (stamps: readonly StampPlan[]) => {
    for (const [id, asker] of askers) {
      if (stamps.some((stamp) => stamp.id === id)) continue;
      asker.close();
      askers.delete(id);
      answers.delete(id);
    }
  };

  return {
    name: 'stamp-signals',
    async tick() {
      if (now() - askedAt < intervalMs) return;
      askedAt = now();
      forgetOthers(context.stamps());
      await Promise.all(context.stamps().map(ask));
    },
    async close() {
      forgetOthers([]);
    },
    health(stamp) {
      const answer = answers.get(stamp);
      return answer !== undefined && now() - answer.at <= staleAfterMs ? answer.health : null;
    },
  };
}
