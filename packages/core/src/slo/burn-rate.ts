import { toDurationShorthand } from '@alwayson/protocol/duration-shorthand.ts';
import type { BurnRate, SloFigures } from '@alwayson/protocol/slo.ts';
import { roundUpToSlices } from './availability-figures.ts';

/** Two windows over which the same burn rate must be exceeded: the long one shows that it matters, the short one that it goes on. */
export interface BurnPair {
  readonly action: 'page' | 'ticket';
  readonly longSeconds: number;
  readonly shortSeconds: number;
  /** Burn rate that spends the pair's part of the budget within its long window. */
  readonly threshold: number;
}

/** Known requests of one window. */
export interface WindowCounts {
  readonly bad: number;
  readonly total: number;
}

/** Windows of a month's period (28 to 31 days), and the part of the budget that each may spend unnoticed. */
const monthlyPairs = [
  { action: 'page', budgetFraction: 0.02, longSeconds: 3600 },
  { action: 'page', budgetFraction: 0.05, longSeconds: 6 * 3600 },
  { action: 'ticket', budgetFraction: 0.1, longSeconds: 86_400 },
  { action: 'ticket', budgetFraction: 0.1, longSeconds: 3 * 86_400 },
] as const;

/** One failure of few requests is a high rate of very little. */
const guards = { badLongMin: 5, badShortMin: 3, totalLongMin: 20 } as const;
/** Fewer requests than this in the short window cannot tell that a trickle of failures has ended. */
const trickleShortMax = 20;
/** Absence of telemetry must last this long beyond the time in which an outage would fire. */
const absenceSeconds = 120;

/**
 * The four pairs of a period. Other periods than a month scale the windows by period / 30 days; short is long / 12; both are rounded
 * up to whole slices, never to 0.
 */
export function toBurnPairs(windowDays: number): BurnPair[] {
  const scale = windowDays >= 28 && windowDays <= 31 ? 1 : windowDays / 30;
  return monthlyPairs.map(({ action, budgetFraction, longSeconds }) => {
    const long = roundUpToSlices(longSeconds * scale);
    return {
      action,
      longSeconds: long,
      shortSeconds: roundUpToSlices(long / 12),
      // 13.44, not 13.440000000000001: people read it.
      threshold: Number(((budgetFraction * windowDays * 86_400) / long).toPrecision(12)),
    };
  });
}

/** The burn rate of a total outage: no rate is higher. */
export function toHighestRate(objective: number): number {
  return 1 / (1 - objective);
}

/** False: not even a total outage exceeds its threshold. */
export function isReachable(pair: BurnPair, objective: number): boolean {
  return toHighestRate(objective) > pair.threshold;
}

/** From the start of a total outage after steady good traffic. */
export function toTimeToFireSeconds(pair: BurnPair, objective: number): number {
  return pair.threshold * (1 - objective) * pair.longSeconds;
}

/** Silence is as bad as an outage, and fires a little later. */
export function toTelemetryAlarmSeconds(pair: BurnPair | undefined, objective: number): number {
  return (pair === undefined ? 0 : toTimeToFireSeconds(pair, objective)) + absenceSeconds;
}

export function toBurnRate({ bad, total }: WindowCounts, objective: number): number | null {
  return total === 0 ? null : bad / total / (1 - objective);
}

/** Until the budget is gone at this rate; 0 when it is, null when nothing is being spent. */
export function toExhaustionSeconds(
  rate: number | null,
  budgetRemaining: number | null,
  windowDays: number,
): number | null {
  if (budgetRemaining === null) return null;
  if (budgetRemaining <= 0) return 0;
  return rate === null || rate <= 0 ? null : (windowDays * 86_400 * budgetRemaining) / rate;
}

export function decideBurn(
  pair: BurnPair,
  objective: number,
  { long, short }: { long: WindowCounts; short: WindowCounts },
): BurnRate {
  const rate = toBurnRate(long, objective);
  const shortRate = toBurnRate(short, objective);
  const exceeded = (rate ?? 0) > pair.threshold && (shortRate ?? 0) > pair.threshold;
  const enough =
    long.bad >= guards.badLongMin && short.bad >= guards.badShortMin && long.total >= guards.totalLongMin;
  return {
    long: toDurationShorthand(pair.longSeconds),
    short: toDurationShorthand(pair.shortSeconds),
    rate,
    shortRate,
    threshold: pair.threshold,
    action: pair.action,
    firing: exceeded && enough,
    held: exceeded && !enough,
  };
}

/**
 * The rule for flows with so few requests that no short window can speak: enough failures over the longest window, at a rate above
 * its threshold. It ends when traffic comes back and is good, or when the failures are old.
 */
export function decideTrickle(
  pair: BurnPair,
  objective: number,
  { long, short }: { long: WindowCounts; short: WindowCounts },
): SloFigures['trickle'] {
  const rate = toBurnRate(long, objective);
  return {
    window: toDurationShorthand(pair.longSeconds),
    bad: long.bad,
    total: long.total,
    rate,
    threshold: pair.threshold,
    firing: long.bad >= guards.badLongMin && (rate ?? 0) > pair.threshold && short.total < trickleShortMax,
  };
}
