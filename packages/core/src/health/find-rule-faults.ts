import { compare, debounceOf, exitOf, intervalOf, type SignalRule, type Threshold } from './signal-rule.ts';
import type { ThresholdRule } from './signal-rule.ts';
import { recentMax } from './take-result.ts';

/** What is wrong with a rule, in sentences. Empty: every state can be reached, told apart and left again. */
export function findRuleFaults(rule: SignalRule): string[] {
  const faults = [...findTimingFaults(rule), ...(rule.type === 'threshold' ? findRangeFaults(rule) : [])];
  return faults.map((fault) => `Signal ${rule.name}: ${fault}`);
}

function findTimingFaults(rule: SignalRule): string[] {
  const { fall, fallHard, fallOf, rise, dwellMs } = debounceOf(rule);
  const faults: string[] = [];
  for (const [name, count] of Object.entries({ fall, fallHard, rise })) {
    if (!Number.isInteger(count) || count < 1)
      faults.push(`${name} must be a whole number from 1, not ${count}.`);
  }
  if (dwellMs < 0) faults.push(`dwellMs must not be negative, but is ${dwellMs}.`);
  if (fallOf !== null && !(fallOf.n >= 1 && fallOf.n <= fallOf.m && fallOf.m <= recentMax)) {
    faults.push(`fallOf must be n of m with 1 <= n <= m <= ${recentMax}, not ${fallOf.n} of ${fallOf.m}.`);
  }
  if (!(intervalOf(rule) > 0)) faults.push(`intervalMs must be positive, not ${intervalOf(rule)}.`);
  return faults;
}

function findRangeFaults(rule: ThresholdRule): string[] {
  const { unhealthy, degraded, range = {} } = rule;
  if (unhealthy === undefined && degraded === undefined) return ['it has no threshold.'];
  const numbers = [unhealthy, degraded].flatMap((entry) =>
    entry ? [entry.enter, exitOf(entry, range)] : [],
  );
  if (!numbers.every(Number.isFinite)) return ['every threshold must be a finite number.'];
  const values = representatives(numbers, range);
  const isIn = (value: number, entry?: Threshold) =>
    entry !== undefined && compare(value, entry.comparator, entry.enter);
  const faults: string[] = [];
  if (unhealthy && !values.some((value) => isIn(value, unhealthy))) {
    faults.push(`no value reaches unhealthy (${toWords(unhealthy)}).`);
  }
  if (degraded && !values.some((value) => isIn(value, degraded) && !isIn(value, unhealthy))) {
    const why = unhealthy ? `, for unhealthy (${toWords(unhealthy)}) is tested first` : '';
    faults.push(`no value reaches degraded (${toWords(degraded)})${why}.`);
  }
  if (!values.some((value) => !isIn(value, unhealthy) && !isIn(value, degraded))) {
    faults.push('no value is healthy.');
  }
  if (unhealthy && degraded && isHighBad(unhealthy) !== isHighBad(degraded)) {
    const shared = values.find((value) => isIn(value, unhealthy) && isIn(value, degraded));
    if (shared !== undefined) {
      faults.push(
        `degraded (${toWords(degraded)}) and unhealthy (${toWords(unhealthy)}) overlap at ${shared}.`,
      );
    }
  }
  return [...faults, ...findExitFaults(rule, values)];
}

function findExitFaults({ unhealthy, degraded, range }: ThresholdRule, values: readonly number[]): string[] {
  const named = { unhealthy, degraded };
  return Object.entries(named).flatMap(([state, entry]) => {
    if (entry === undefined) return [];
    const exit = exitOf(entry, range);
    if (isHighBad(entry) ? exit > entry.enter : exit < entry.enter) {
      return [`the exit of ${state}, ${exit}, lies on the bad side of its threshold ${entry.enter}.`];
    }
    const canLeave = values.some((value) => !compare(value, entry.comparator, exit));
    return canLeave ? [] : [`no value leaves ${state}: its exit ${exit} is out of range.`];
  });
}

/** One value of every stretch between two thresholds, and the thresholds: what holds for these holds for all. */
function representatives(
  thresholds: readonly number[],
  { min, max }: { min?: number; max?: number },
): number[] {
  const lowest = min ?? Math.min(...thresholds) - 1;
  const highest = max ?? Math.max(...thresholds) + 1;
  const points = [...new Set([lowest, ...thresholds, highest])]
    .filter((value) => value >= lowest && value <= highest)
    .sort((a, b) => a - b);
  return points.flatMap((value, index) => {
    const next = points[index + 1];
    return next === undefined ? [value] : [value, (value + next) / 2];
  });
}

function isHighBad({ comparator }: Threshold): boolean {
  return comparator === 'gte' || comparator === 'gt';
}

const signs = { gte: '>=', gt: '>', lte: '<=', lt: '<' } as const;

function toWords({ comparator, enter }: Threshold): string {
  return `${signs[comparator]} ${enter}`;
}
