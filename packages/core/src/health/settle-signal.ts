import type { CompiledRule } from './compile-model.ts';
import { type Flaps, noteFlip, settleFlaps } from './flapping.ts';
import type { SignalRow } from './signal-columns.ts';
import { degraded, healthy, unhealthy, unknown } from './state-code.ts';
import { breakRuns, establish } from './take-result.ts';

export interface Moment {
  now: number;
  /** Nothing could arrive before. */
  awakeSince: number;
  /** When the signal's observer was last answered by another entity; -1 never. */
  othersAnsweredAt: number;
}

/**
 * What a signal says now, after old evidence has expired: `row.said`, and `row.felt` while it does not flap. Returns true when it is
 * frozen: its observer reaches nobody. Changes `row`.
 */
export function settleSignal(row: SignalRow, rule: CompiledRule, moment: Moment): boolean {
  const isExpired = isStale(rule.isLiveness ? row.knownAt : row.sampledAt, rule, moment);
  const isBlind = isExpired && rule.isLiveness && isObserverBlind(rule, moment);
  if (isExpired && !isBlind) expire(row, rule, moment.now);
  const isKnown = row.confirmed === 1 && row.stable !== unknown;
  row.felt = Math.min(isKnown ? row.stable : sayUnknown(row, rule, isExpired), rule.worst);
  return isBlind;
}

/** Holds a signal that flaps in its worst state. Returns what is to be remembered of its changes. Changes `row`. */
export function holdSignal(row: SignalRow, flaps: Flaps | undefined, now: number): Flaps | undefined {
  const said = row.felt;
  const isFlip = row.said >= 0 && row.said !== said;
  const noted = isFlip ? noteFlip(flaps, row.said, now) : flaps;
  if (row.knownAt >= 0) row.said = said;
  const kept = noted === undefined ? undefined : settleFlaps(noted, said, now);
  row.felt = Math.max(said, kept?.held ?? healthy);
  return kept;
}

/**
 * Whether a signal that once came is too old to say anything. `last`: of liveness its last result that told something; telemetry without
 * a number shows at least that its source lives.
 */
export function isStale(last: number, { ttlMs }: CompiledRule, { now, awakeSince }: Moment): boolean {
  return last >= 0 && now - Math.max(last, awakeSince) > ttlMs;
}

function isObserverBlind({ ttlMs }: CompiledRule, { now, othersAnsweredAt }: Moment): boolean {
  return othersAnsweredAt < 0 || now - othersAnsweredAt > ttlMs;
}

/** Who does not answer while others do is down; a number that does not come any more is unknown. */
function expire(row: SignalRow, { isLiveness }: CompiledRule, now: number): void {
  if (isLiveness && row.stable === unhealthy && row.confirmed === 1) return;
  breakRuns(row);
  if (!isLiveness) return;
  establish(row, unhealthy, now);
  row.reason = 'no answer any more, while others answer';
  row.cause = '';
}

/** What an entity feels of a signal that is not known. */
function sayUnknown(row: SignalRow, { isLiveness, isOptional }: CompiledRule, isExpired: boolean): number {
  // An optional one that was never established, or has too few events, says nothing; one that fell silent does.
  if (isOptional && !isExpired && row.stable === unknown) return healthy;
  return isLiveness ? unknown : degraded;
}
