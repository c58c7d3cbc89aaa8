import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import { KeptHttp, NoAnswerError } from '@alwayson/engines/http/kept-http.ts';
import { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import { z } from 'zod';
import type { Controller, ControllerContext } from '../controller.ts';
import { stampHealthQuestion } from '../estate/stamp-units.ts';

/** A little less than two ticks, which are not exact. */
const intervalMs = 1900;
/** An answer older than this is no evidence (health.md 3.2: max(3 x interval, interval + 2 x timeout)). */
const staleAfterMs = 6000;

export interface StampSignals extends Controller {
  /** The fresh answer of a stamp's health endpoint; null when there is none. */
  health(stamp: string): StampHealth | null;
  /** What the last question came to; null before the first. */
  contact(stamp: string): StampContact | null;
}

/** Asks every stamp's health endpoint, as the gateways do. Its own loop: a stamp that hangs delays nobody else. */
export function createStampSignals(
  context: ControllerContext & { stamps: () => readonly StampPlan[] },
  onChange: () => void,
): StampSignals {
  const { environment, placement, now } = context;
  const answers = new Map<string, { health: StampHealth; at: number }>();
  const contacts = new Map<string, StampContact>();
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
      const { status, body } = await askerOf(stamp).ask();
      const at = now();
      contacts.set(stamp.id, { at, kind: 'answered', status, health: null });
      // The state is in the body, with 200 and with 503.
      const health = StampHealth.parse(JSON.parse(body));
      contacts.set(stamp.id, { at, kind: 'answered', status, health });
      answers.set(stamp.id, { health, at });
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError))
        contacts.set(stamp.id, { at: now(), kind: toContactKind(error) });
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
      contacts.delete(id);
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
    contact: (stamp) => contacts.get(stamp) ?? null,
    health(stamp) {
      const answer = answers.get(stamp);
      return answer !== undefined && now() - answer.at <= staleAfterMs ? answer.health : null;
    },
  };
}

function toContactKind(error: unknown): 'refused' | 'reset' | 'silent' {
  if (error instanceof NoAnswerError) return 'silent';
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'reset';
}
