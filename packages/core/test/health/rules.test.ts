import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findModelFaults } from '../../src/health/find-model-faults.ts';
import { findRuleFaults } from '../../src/health/find-rule-faults.ts';
import { standard, worstOf } from '../../src/health/health-model.ts';
import { compare, exitOf, type Threshold, type ThresholdRule } from '../../src/health/signal-rule.ts';
import { latency, leaf, parent } from './health-lab.ts';

const rule = (change: Partial<ThresholdRule>): ThresholdRule => ({
  type: 'threshold',
  name: 'errors',
  unit: 'ratio',
  class: 'telemetry',
  range: { min: 0, max: 1 },
  ...change,
});
const at = (comparator: Threshold['comparator'], enter: number, exit?: number): Threshold => {
  return { comparator, enter, ...(exit === undefined ? {} : { exit }) };
};

test('a rule that can be reached, told apart and left has no faults', () => {
  expect(findRuleFaults(latency)).toEqual([]);
  expect(findRuleFaults(rule({ degraded: at('lte', 0.2), unhealthy: at('lt', 0.1) }))).toEqual([]);
  expect(findRuleFaults(rule({ degraded: at('gt', 0) }))).toEqual([]);
  // Too low and too high are two faults of one number.
  expect(findRuleFaults(rule({ degraded: at('gte', 0.9), unhealthy: at('lte', 0.1) }))).toEqual([]);
});

test.each([
  [rule({ unhealthy: at('gt', 1) }), 'no value reaches unhealthy (> 1).'],
  [rule({ degraded: at('gte', 0.5), unhealthy: at('gte', 0.5) }), 'no value reaches degraded (>= 0.5), for'],
  [rule({ degraded: at('gte', 0.9), unhealthy: at('gte', 0.5) }), 'no value reaches degraded (>= 0.9), for'],
  [rule({ degraded: at('lte', 0.6), unhealthy: at('gte', 0.4) }), 'overlap at 0.4'],
  [rule({ degraded: at('lt', 0.5), unhealthy: at('gte', 0.5) }), 'no value is healthy.'],
  [rule({ unhealthy: at('gte', 0) }), 'no value is healthy.'],
  [rule({ unhealthy: at('gte', 0.5, 0.6) }), 'the exit of unhealthy, 0.6, lies on the bad side'],
  [rule({ unhealthy: at('gte', 0.5, 0) }), 'no value leaves unhealthy: its exit 0 is out of range.'],
  [rule({}), 'it has no threshold.'],
  [rule({ unhealthy: at('gte', 0.5), debounce: { fall: 0 } }), 'fall must be a whole number from 1, not 0.'],
  [rule({ unhealthy: at('gte', 0.5), debounce: { fallOf: { n: 4, m: 3 } } }), 'fallOf must be n of m'],
])('%j is refused: %s', (broken, sentence) => {
  expect(findRuleFaults(broken).join(' ')).toContain(`Signal errors: `);
  expect(findRuleFaults(broken).join(' ')).toContain(sentence);
});

test('of a rule without faults every state has a value, whatever the thresholds', () => {
  const anyThreshold = fc.record({
    comparator: fc.constantFrom('gte', 'lte', 'gt', 'lt'),
    enter: fc.integer({ min: -2, max: 12 }).map((tenths) => tenths / 10),
  }) as fc.Arbitrary<Threshold>;
  const values = Array.from({ length: 201 }, (_, index) => index / 200);
  fc.assert(
    fc.property(anyThreshold, anyThreshold, (degraded, unhealthy) => {
      fc.pre(findRuleFaults(rule({ degraded, unhealthy })).length === 0);
      const isIn = (value: number, { comparator, enter }: Threshold) => compare(value, comparator, enter);
      expect(values.some((value) => isIn(value, unhealthy))).toBe(true);
      expect(values.some((value) => isIn(value, degraded) && !isIn(value, unhealthy))).toBe(true);
      expect(values.some((value) => !isIn(value, degraded) && !isIn(value, unhealthy))).toBe(true);
      const exit = exitOf(unhealthy, { min: 0, max: 1 });
      expect(values.some((value) => !compare(value, unhealthy.comparator, exit))).toBe(true);
    }),
  );
});

test('the faults of a model are sentences', () => {
  const root = { kind: 'workload' } as const;
  const faultsOf = (...entities: Parameters<typeof leaf>[0][] | ReturnType<typeof leaf>[]) =>
    findModelFaults({ version: '', entities: entities as ReturnType<typeof leaf>[] });
  expect(faultsOf(parent('root', [worstOf('parts', [standard('a')])], root), leaf('a'))).toEqual([]);
  expect(faultsOf(parent('root', [worstOf('parts', [standard('a')])], root))).toEqual([
    'root: it names a, which is not in the model.',
  ]);
  expect(faultsOf(parent('root', [], root), leaf('a'))).toEqual([
    'root: it has neither a signal nor a child: it would be unknown for ever.',
    'a does not reach the workload.',
  ]);
  const loop = [
    parent('root', [worstOf('parts', [standard('a')])], root),
    parent('a', [worstOf('parts', [standard('root')])]),
  ];
  expect(faultsOf(...loop)).toEqual(['There is a cycle through root, a.']);
  const never = { type: 'minServing', unit: 'count', degradedAt: 0, unhealthyAt: 1 } as const;
  expect(
    faultsOf(parent('root', [{ name: 'all', aggregation: never, edges: [standard('a')] }], root), leaf('a')),
  ).toEqual(['root: group all: degraded can never be reached before unhealthy.']);
});
