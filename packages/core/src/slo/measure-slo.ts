import type { SloFigures } from '@alwayson/protocol/slo.ts';
import { bucketSeconds } from '@alwayson/protocol/traffic.ts';
import type { BudgetingMethod } from '@alwayson/protocol/words.ts';
import {
  countKnown,
  type ExpectedRates,
  toAvailability,
  toBudgetSpent,
  toExpectedRates,
  toRequestsToProve,
} from './availability-figures.ts';
import { decideBudgetPolicy } from './budget-policy.ts';
import {
  type BurnPair,
  decideBurn,
  decideTrickle,
  isReachable,
  toBurnPairs,
  toExhaustionSeconds,
  toHighestRate,
  type WindowCounts,
} from './burn-rate.ts';
import { decideSloState } from './decide-slo-state.ts';
import { describeTelemetry } from './describe-telemetry.ts';
import type { FlowTraffic, SpanSummary } from './flow-traffic.ts';
import { type Span, withoutMaintenance } from './maintenance-spans.ts';
import { addSummaries, emptySummary, hourSeconds, summarizeSpan, toHourEnd } from './summarize-span.ts';

export interface SloSubject {
  name: string;
  /** 0..1. */
  objective: number;
  windowDays: number;
  method: BudgetingMethod;
  traffic: FlowTraffic;
  composite: number;
  /** Null when the traffic is of flows with objectives of their own. */
  latencyObjectiveMs: number | null;
}

/** Times are in seconds since the epoch. */
export interface SloMoment {
  now: number;
  /** When the environment began: nothing is missing from before. */
  since: number;
  maintenance: readonly Span[];
  incidentOpen: boolean;
  deploymentRunning: boolean;
}

/** A slice is told of a little after it ends. */
const settleSeconds = 10;

/**
 * Every figure of one objective. The window starts at a whole hour, so that sums of closed hours can stand in for its slices.
 */
export function measureSlo(subject: SloSubject, moment: SloMoment): SloFigures {
  const { objective, windowDays, traffic } = subject;
  const span = toSpan(windowDays, moment);
  const hours = summarizeHours(traffic, span);
  const period = hours.reduce(
    (sum, hour) => addSummaries(sum, hour.summary),
    emptySummary(traffic.regions.length),
  );
  const rates = toExpectedRates(period.regions);
  const availability = toAvailability(period, rates, subject.method);
  const { measured, total } = availability;
  const seconds = span.to - span.from;
  const budgetRemaining =
    measured === null ? null : 1 - toBudgetSpent({ measured, seconds }, { objective, windowDays });
  const { hourRate, ...burn } = measureBurn(subject, span, rates);
  const telemetry = describeTelemetry(subject, span);
  const worstHour = findWorstHour(hours, rates, { total, seconds, subject });
  return {
    name: subject.name,
    objective,
    window: `${windowDays}d`,
    from: toIso(span.from),
    to: toIso(span.to),
    method: subject.method,
    ...decideSloState({ ...burn, measured, budgetRemaining, telemetry }),
    ...availability,
    requestsToProve: toRequestsToProve(objective),
    budgetRemaining,
    exhaustedInSeconds: toExhaustionSeconds(hourRate, budgetRemaining, windowDays),
    budget: decideBudgetPolicy({
      budgetRemaining,
      burnRate: hourRate,
      largestSpend: worstHour?.budgetSpent ?? 0,
      incidentOpen: moment.incidentOpen,
      deploymentRunning: moment.deploymentRunning,
    }),
    worstHour,
    ...burn,
    ...describeCounts(period, subject.latencyObjectiveMs),
    telemetry,
    withoutMaintenance: measureWithoutMaintenance(subject, moment, { span, rates }),
    composite: subject.composite,
    attainable: objective <= subject.composite,
  };
}

function toSpan(windowDays: number, { now, since }: SloMoment): Span {
  const to = Math.floor((now - settleSeconds) / bucketSeconds) * bucketSeconds;
  const start = Math.floor((to - windowDays * 86_400) / hourSeconds) * hourSeconds;
  const from = Math.max(start, Math.ceil(since / bucketSeconds) * bucketSeconds);
  return { from: Math.min(from, to), to };
}

interface Hour {
  at: number;
  summary: SpanSummary;
}

function summarizeHours(traffic: FlowTraffic, { from, to }: Span): Hour[] {
  const hours: Hour[] = [];
  for (let at = from; at < to; ) {
    const end = Math.min(to, toHourEnd(at));
    hours.push({ at, summary: summarizeSpan(traffic, at, end) });
    at = end;
  }
  return hours;
}

function findWorstHour(
  hours: readonly Hour[],
  rates: ExpectedRates,
  { total, seconds, subject }: { total: number; seconds: number; subject: SloSubject },
): SloFigures['worstHour'] {
  let worst = { at: 0, bad: 0 };
  for (const { at, summary } of hours) {
    const { bad } = countKnown(summary, rates);
    if (bad > worst.bad) worst = { at, bad };
  }
  if (worst.bad === 0) return null;
  const budgetSpent = toBudgetSpent({ measured: 1 - worst.bad / total, seconds }, subject);
  return { at: toIso(worst.at), bad: worst.bad, budgetSpent };
}

function measureBurn(subject: SloSubject, span: Span, rates: ExpectedRates) {
  const { objective, traffic, windowDays } = subject;
  const count = (seconds: number): WindowCounts =>
    countKnown(summarizeSpan(traffic, Math.max(span.from, span.to - seconds), span.to), rates);
  const measure = (pair: BurnPair) => ({
    pair,
    windows: { long: count(pair.longSeconds), short: count(pair.shortSeconds) },
  });
  const pairs = toBurnPairs(windowDays);
  const measured = pairs.map(measure);
  const [first] = measured;
  const last = measured.at(-1);
  if (first === undefined || last === undefined) throw new Error('There are no pairs of burn rates.');
  return {
    burnRates: measured
      .filter(({ pair }) => isReachable(pair, objective))
      .map(({ pair, windows }) => decideBurn(pair, objective, windows)),
    unreachable: measured
      .filter(({ pair }) => !isReachable(pair, objective))
      .map(({ pair, windows }) => ({
        long: decideBurn(pair, objective, windows).long,
        threshold: pair.threshold,
        highestRate: toHighestRate(objective),
      })),
    trickle: decideTrickle(last.pair, objective, last.windows),
    hourRate: decideBurn(first.pair, objective, first.windows).rate,
  };
}

function measureWithoutMaintenance(
  { traffic, method }: SloSubject,
  { maintenance }: SloMoment,
  { span, rates }: { span: Span; rates: ExpectedRates },
): SloFigures['withoutMaintenance'] {
  const spans = withoutMaintenance(span, maintenance);
  const excludedSeconds = spans.reduce((rest, { from, to }) => rest - (to - from), span.to - span.from);
  if (excludedSeconds === 0) return null;
  const summary = spans
    .map(({ from, to }) => summarizeSpan(traffic, from, to))
    .reduce(addSummaries, emptySummary(traffic.regions.length));
  const { measured, good, bad, total } = toAvailability(summary, rates, method);
  return { measured, good, bad, total, excludedSeconds };
}

/** Latency objectives are the 99th percentile. */
const latencyObjective = 0.99;

function describeCounts({ counts, minutes }: SpanSummary, latencyObjectiveMs: number | null) {
  const fast = counts.good - counts.slow;
  return {
    causes: { ...counts.causes },
    latency: {
      objectiveMs: latencyObjectiveMs,
      objective: latencyObjective,
      measured: counts.good === 0 ? null : fast / counts.good,
      fast,
      slow: counts.slow,
    },
    notCounted: counts.notCounted,
    minutes: { up: minutes.up, down: minutes.down, unknown: minutes.unknown, idle: minutes.idle },
    minutesDown: minutes.down,
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
