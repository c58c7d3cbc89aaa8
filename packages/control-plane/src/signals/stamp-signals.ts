import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { stampHealthRequest } from '../estate/stamp-units.ts';
import { requestJson } from './request-json.ts';

const intervalMs = 2000;
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
  let askedAt = -Infinity;

  const ask = async (stamp: StampPlan) => {
    const before = answers.get(stamp.id)?.health.state;
    const request = stampHealthRequest(environment, stamp);
    try {
      const health = await requestJson(StampHealth, { ...request, timeoutMs: 1000, accept: [503] });
      answers.set(stamp.id, { health, at: now() });
    } catch {
      // Silence is told by the age of the last answer.
      if (placement.observe(stamp.zone).contact === 'refused') answers.delete(stamp.id);
    }
    if (answers.get(stamp.id)?.health.state !== before) onChange();
  };

  return {
    name: 'stamp-signals',
    async tick() {
      if (now() - askedAt < intervalMs) return;
      askedAt = now();
      await Promise.all(context.stamps().map(ask));
    },
    close: async () => {},
    health(stamp) {
      const answer = answers.get(stamp);
      return answer !== undefined && now() - answer.at <= staleAfterMs ? answer.health : null;
    },
  };
}
