import type { CompiledRule } from './compile-model.ts';
import type { SignalRow } from './signal-columns.ts';
import type { HealthSample } from './health-sample.ts';
import { compare, type Threshold } from './signal-rule.ts';
import { degraded, fromState, healthy, type StateCode, unhealthy, unknown } from './state-code.ts';

/** What one result says by itself. Unhealthy is tested first; a bad state is left at its exit only. */
export function judgeResult(
  compiled: CompiledRule,
  stable: number,
  { state, value, samples }: HealthSample,
): StateCode {
  if (state !== undefined) return fromState(state);
  if (compiled.rule.type === 'state' || value == null || !Number.isFinite(value)) return unknown;
  if ((samples ?? 0) < compiled.samplesMin) return unknown;
  if (isIn(value, compiled.unhealthy, stable >= unhealthy)) return unhealthy;
  return isIn(value, compiled.degraded, stable >= degraded) ? degraded : healthy;
}

function isIn(value: number, threshold: Required<Threshold> | null, wasIn: boolean): boolean {
  if (threshold === null) return false;
  return compare(value, threshold.comparator, wasIn ? threshold.exit : threshold.enter);
}

/** Results remembered for n of m, at two bits each. */
export const recentMax = 15;
const recentMask = 2 ** (2 * recentMax) - 1;

export interface Result {
  raw: StateCode;
  at: number;
  isHard: boolean;
}

/** Counts a result and moves the stable state when enough of them agree. Changes `row`. */
export function takeResult(row: SignalRow, rule: CompiledRule, { raw, at, isHard }: Result): void {
  row.knownAt = at;
  const isBad = raw >= degraded;
  const isSevere = raw === unhealthy;
  row.badRun = countRun(row.badRun, isBad, rule);
  row.severeRun = countRun(row.severeRun, isSevere, rule);
  if (rule.debounce.fallOf !== null) row.recent = ((row.recent << 2) | raw) & recentMask;
  const next = decideStable(row, rule, { raw, at, isHard });
  if (next !== row.stable) establish(row, next, at);
  else if (raw === row.stable) row.confirmed = 1;
}

/** One more in a row; as many as decide anything are enough, and what does not change any more costs nothing. */
export function countRun(run: number, isBad: boolean, { fallMax, debounce }: CompiledRule): number {
  return isBad ? Math.min(Math.max(run, 0) + 1, fallMax) : Math.max(Math.min(run, 0) - 1, -debounce.rise);
}

function decideStable(row: SignalRow, { debounce }: CompiledRule, { raw, at, isHard }: Result): number {
  const { stable } = row;
  const fall = isHard ? debounce.fallHard : debounce.fall;
  const isConfirmed = (run: number, least: number) =>
    run >= fall ||
    (debounce.fallOf !== null && countRecent(row.recent, debounce.fallOf.m, least) >= debounce.fallOf.n);
  if (stable < unhealthy && isConfirmed(row.severeRun, unhealthy)) return unhealthy;
  if (stable < degraded && isConfirmed(row.badRun, degraded)) return degraded;
  // Nothing is lost by believing the first good result.
  if (stable === unknown) return raw === healthy ? healthy : unknown;
  if (stable === healthy || at - row.stableSince < debounce.dwellMs) return stable;
  if (-row.badRun >= debounce.rise) return healthy;
  return stable === unhealthy && -row.severeRun >= debounce.rise ? degraded : stable;
}

/** A result that told nothing. Too few events end what an optional signal had established. Changes `row`. */
export function takeNothing(row: SignalRow, { isOptional }: CompiledRule): void {
  breakRuns(row);
  if (isOptional) row.stable = unknown;
}

/** A new stable state; results before it count no more for the window. Changes `row`. */
export function establish(row: SignalRow, state: number, at: number): void {
  row.stable = state;
  row.stableSince = at;
  row.confirmed = 1;
  row.recent = 0;
}

/** The evidence has ended: what comes next starts to count anew. Changes `row`. */
export function breakRuns(row: SignalRow): void {
  row.confirmed = 0;
  row.badRun = 0;
  row.severeRun = 0;
  row.recent = 0;
}

/** How many of the last `m` results were at least so bad. */
function countRecent(recent: number, m: number, least: number): number {
  let count = 0;
  for (let position = 0; position < m; position += 1)
    if (((recent >> (2 * position)) & 3) >= least) count += 1;
  return count;
}
