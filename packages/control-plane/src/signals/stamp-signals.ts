import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import { KeptHttp, NoAnswerError } from '@alwayson/engines/http/kept-http.ts';
import { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import { z } from 'zod';
import type { Controller, ControllerContext } from '../controller.ts';
import { stampHealthQuestion } from '../estate/stamp-units.ts';

/** A little less than two ticks, which are not exact. */
const quietIntervalMs = 1900;
/** With users waiting, every tick and once between: what is frozen is to be known within 3 s, and its agent takes up to 2 s of them. */
const busyIntervalMs = 900;
const betweenMs = 500;
const timeoutMs = 800;
/** An answer older than this is no evidence (health.md 3.2: max(3 x interval, interval + 2 x timeout)). */
const staleAfterMs = 6000;

export interface StampSignals extends Controller {
  /** The fresh answer of a stamp's health endpoint; null when there is none. */
  health(stamp: string): StampHealth | null;
  /** What the last question came to; null before the first. */
  contact(stamp: string): StampContact | null;
}

export interface StampSignalsContext extends ControllerContext {
  stamps: () => readonly StampPlan[];
  /** Whether there is traffic. */
  isBusy: () => boolean;
}

/** Asks every stamp's health endpoint, as the gateways do. Its own loop: a stamp that hangs delays nobody else. */
export function createStampSignals(context: StampSignalsContext, onChange: () => void): StampSignals {
  const { environment, placement, now } = context;
  const answers = new Map<string, { health: StampHealth; at: number }>();
  const contacts = new Map<string, StampContact>();
  const askers = new Map<string, KeptHttp>();
  const asking = new Set<string>();
  let askedAt = -Infinity;
  let between: NodeJS.Timeout | undefined;

  const askerOf = (stamp: StampPlan): KeptHttp => {
    const known = askers.get(stamp.id);
    if (known !== undefined) return known;
    const asker = new KeptHttp({ ...stampHealthQuestion(environment, stamp), timeoutMs });
    askers.set(stamp.id, asker);
    return asker;
  };

  const ask = async (stamp: StampPlan) => {
    const before = { state: answers.get(stamp.id)?.health.state, kind: contacts.get(stamp.id)?.kind };
    const asker = askerOf(stamp);
    try {
      const { status, body } = await asker.ask();
      const at = now();
      contacts.set(stamp.id, { at, kind: 'answered', status, health: null });
      // The state is in the body, with 200 and with 503.
      const health = StampHealth.parse(JSON.parse(body));
      contacts.set(stamp.id, { at, kind: 'answered', status, health });
      answers.set(stamp.id, { health, at });
    } catch (error) {
      // It was given up, with the stamp.
      if (askers.get(stamp.id) !== asker) return;
      if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError))
        contacts.set(stamp.id, { at: now(), kind: toContactKind(error) });
      // Silence is told by the age of the last answer.
      if (placement.observe(stamp.zone).contact === 'refused') answers.delete(stamp.id);
    }
    const state = answers.get(stamp.id)?.health.state;
    const kind = contacts.get(stamp.id)?.kind;
    // Each missing answer counts, not only the first.
    if (state !== before.state || kind !== before.kind || kind === 'silent') onChange();
  };

  const askAll = () =>
    Promise.all(
      context.stamps().map(async (stamp) => {
        if (asking.has(stamp.id)) return;
        asking.add(stamp.id);
        await ask(stamp);
        asking.delete(stamp.id);
      }),
    );

  const forgetOthers = (stamps: readonly StampPlan[]) => {
    for (const [id, asker] of askers) {
      if (stamps.some((stamp) => stamp.id === id)) continue;
      askers.delete(id);
      asker.close();
      answers.delete(id);
      contacts.delete(id);
    }
  };

  return {
    name: 'stamp-signals',
    async tick() {
      const isBusy = context.isBusy();
      if (now() - askedAt < (isBusy ? busyIntervalMs : quietIntervalMs)) return;
      askedAt = now();
      forgetOthers(context.stamps());
      clearTimeout(between);
      if (isBusy) between = setTimeout(() => void askAll(), betweenMs);
      await askAll();
    },
    async close() {
      clearTimeout(between);
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
