import { expect, test } from 'vitest';
import { evaluateHealth } from '../../src/health/evaluate-health.ts';
import { emptyMemory } from '../../src/health/health-memory.ts';
import type { HealthModel } from '../../src/health/health-model.ts';
import type { ThresholdRule } from '../../src/health/signal-rule.ts';
import { epoch, latency, leaf } from './health-lab.ts';

const intervalMs = 2000;
const dayMs = 86_400_000;

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Two days of a value that hangs about the unhealthy threshold. Times of every change of state, and how often the value crossed. */
function simulate(rule: ThresholdRule, seed: number, spread: number) {
  const dice = createDice(seed);
  const model: HealthModel = { version: 'noise', entities: [leaf('api', [rule])] };
  let memory = emptyMemory;
  const changes: number[] = [];
  let crossings = 0;
  let before = 0;
  for (let now = epoch; now < epoch + 2 * dayMs; now += intervalMs) {
    const value = 500 + (dice() + dice() - 1) * spread;
    if (value >= 500 !== before >= 500) crossings += 1;
    before = value;
    const samples = [{ entity: 'api', signal: 'latency', at: now, value }];
    const evaluation = evaluateHealth(model, memory, { samples, now });
    memory = evaluation.memory;
    if (evaluation.transitions.length > 0) changes.push(now);
  }
  return { changes, crossings };
}

/** The most changes within any ten minutes. */
function most(changes: readonly number[]): number {
  return Math.max(
    0,
    ...changes.map((at) => changes.filter((other) => other >= at && other - at <= 600_000).length),
  );
}

test.each([1, 2, 3])('noise within the exit margin settles once, whatever the seed (%i)', (seed) => {
  const { changes, crossings } = simulate(latency, seed, 40);
  expect(crossings).toBeGreaterThan(10_000);
  expect(changes.length).toBeLessThanOrEqual(3);
});

test.each([1, 2, 3])(
  'noise beyond the exit margin changes no more than the flapping rule lets it (%i)',
  (seed) => {
    const { changes, crossings } = simulate(
      { ...latency, degraded: { comparator: 'gte', enter: 499 } },
      seed,
      300,
    );
    expect(crossings).toBeGreaterThan(10_000);
    expect(most(changes)).toBeLessThanOrEqual(5);
    expect(changes.length).toBeLessThanOrEqual(10);
  },
);
