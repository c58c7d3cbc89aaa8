import type { Comparator } from '@alwayson/protocol/health.ts';

/** How one signal becomes a state. A `state` signal is told the state; a `threshold` signal is told a number. */
export type SignalRule = StateRule | ThresholdRule;

export interface StateRule extends SignalBase {
  type: 'state';
}

export interface ThresholdRule extends SignalBase {
  type: 'threshold';
  unit: string;
  unhealthy?: Threshold;
  degraded?: Threshold;
  /** Values that can occur, both ends included. */
  range?: { min?: number; max?: number };
  /** A result made from fewer events than this says nothing. */
  samplesMin?: number;
}

/** Inclusive or not as the comparator says: `gte` and `lte` are. */
export interface Threshold {
  comparator: Comparator;
  enter: number;
  /** The state is left when `value <comparator> exit` holds no more. Default: 10 % towards the good side. */
  exit?: number;
}

interface SignalBase {
  name: string;
  /** `liveness`: silence while others are heard is a fault. `telemetry`: silence is the lack of a number, degraded at worst. */
  class: 'liveness' | 'telemetry';
  /** A signal that never came, or has too few events to say anything, is no fault; one that falls silent is. */
  optional?: boolean;
  /** A signal that says nothing of the entity's ability to serve is degraded at worst. */
  worst?: 'degraded';
  /** While that entity is not healthy, this signal is its symptom. */
  explainedBy?: string;
  debounce?: Partial<Debounce>;
  /** How often a result is expected, and how long one may take. */
  intervalMs?: number;
  timeoutMs?: number;
}

export interface Debounce {
  /** Results in a row that make it worse. */
  fall: number;
  /** The same for hard evidence: a refused connection, a process that is gone, an operator's word. */
  fallHard: number;
  /** Or so many of the last ones. */
  fallOf: { n: number; m: number } | null;
  /** Results in a row that make it better, once it was bad for `dwellMs`. */
  rise: number;
  dwellMs: number;
}

export const defaultDebounce: Debounce = { fall: 3, fallHard: 1, fallOf: null, rise: 2, dwellMs: 10_000 };

const defaultIntervalMs = 2000;
const defaultTimeoutMs = 1000;

/** A state that somebody else has confirmed already: a host's word on its unit, a controller's verdict. One result is enough to fall. */
export function verdict(name: string, more: Partial<Omit<StateRule, 'type'>> = {}): StateRule {
  return { type: 'state', name, class: 'liveness', debounce: { fall: 1 }, ...more };
}

/** A number that is not always there: too few events, or a source that does not have it. */
export function measure(
  name: string,
  unit: string,
  more: Partial<Omit<ThresholdRule, 'type' | 'name' | 'unit'>>,
): ThresholdRule {
  return { type: 'threshold', name, unit, class: 'telemetry', optional: true, ...more };
}

export function debounceOf(rule: SignalRule): Debounce {
  return { ...defaultDebounce, ...rule.debounce };
}

export function intervalOf(rule: SignalRule): number {
  return rule.intervalMs ?? defaultIntervalMs;
}

/** A result older than this is no evidence any more. */
export function ttlOf(rule: SignalRule): number {
  const interval = intervalOf(rule);
  return Math.max(3 * interval, interval + 2 * (rule.timeoutMs ?? defaultTimeoutMs));
}

/** 10 % of the threshold towards the good side, but within the range: a state that cannot be left is none. */
export function exitOf({ comparator, enter, exit }: Threshold, range: ThresholdRule['range'] = {}): number {
  if (exit !== undefined) return exit;
  const margin = Math.abs(enter) / 10;
  const isHighBad = comparator === 'gte' || comparator === 'gt';
  const wanted = isHighBad ? enter - margin : enter + margin;
  const limit = isHighBad ? range.min : range.max;
  const isBeyond = limit !== undefined && (isHighBad ? wanted <= limit : wanted >= limit);
  return isBeyond ? (enter + limit) / 2 : wanted;
}

export function compare(value: number, comparator: Comparator, threshold: number): boolean {
  switch (comparator) {
    case 'gte':
      return value >= threshold;
    case 'gt':
      return value > threshold;
    case 'lte':
      return value <= threshold;
    case 'lt':
      return value < threshold;
  }
}
