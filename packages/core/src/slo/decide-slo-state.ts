import type { SloFigures, SloState } from '@alwayson/protocol/slo.ts';
import { silenceSeconds } from './describe-telemetry.ts';

type StateFacts = Pick<SloFigures, 'budgetRemaining' | 'burnRates' | 'trickle' | 'telemetry' | 'measured'>;

/** The one word for an objective, and why. What is not known comes first, then what is lost, then what is being lost. */
export function decideSloState(facts: StateFacts): { state: SloState; reason: string } {
  const { silentSeconds, lastAt } = facts.telemetry;
  if (silentSeconds > silenceSeconds) {
    const since = lastAt === null ? 'No telemetry has arrived.' : `No telemetry since ${lastAt}.`;
    return { state: 'no-telemetry', reason: since };
  }
  if (facts.measured === null || facts.budgetRemaining === null) {
    return { state: 'no-traffic', reason: 'No request was counted in the window.' };
  }
  if (facts.budgetRemaining <= 0) {
    return { state: 'exhausted', reason: 'The error budget of the window is spent.' };
  }
  const firing = facts.burnRates.find((burn) => burn.firing);
  if (firing !== undefined) {
    const rate = (firing.rate ?? 0).toFixed(1);
    return {
      state: 'burning',
      reason: `Over ${firing.long} the error budget is spent ${rate} times too fast.`,
    };
  }
  if (facts.trickle.firing) {
    const { bad, total, window } = facts.trickle;
    return { state: 'burning', reason: `${bad} of only ${total} requests in ${window} failed.` };
  }
  return { state: 'ok', reason: 'The error budget is spent no faster than it may be.' };
}
