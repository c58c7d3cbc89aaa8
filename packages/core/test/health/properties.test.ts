import type { State } from '@alwayson/protocol/words.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeHealth } from '../../src/health/describe-health.ts';
import { evaluateHealth } from '../../src/health/evaluate-health.ts';
import { emptyMemory, type HealthMemory } from '../../src/health/health-memory.ts';
import type { Aggregation, Edge, Entity, HealthModel } from '../../src/health/health-model.ts';
import type { HealthSample } from '../../src/health/health-sample.ts';
import { alive, epoch, HealthLab, latency, leaf, parent, told } from './health-lab.ts';

const ordered = ['healthy', 'degraded', 'unhealthy'] as const;
const leaves = ['a', 'b', 'c', 'd', 'e'];
const anyState = fc.constantFrom<State>('healthy', 'degraded', 'unhealthy', 'unknown');

const anyAggregation: fc.Arbitrary<Aggregation> = fc.oneof(
  fc.constant({ type: 'worstOf' } as const),
  fc.record({
    type: fc.constant('minServing' as const),
    unit: fc.constantFrom('count', 'percent'),
    degradedAt: fc.integer({ min: 0, max: 4 }),
    unhealthyAt: fc.integer({ min: 0, max: 3 }),
    degradedCounts: fc.constantFrom('serving', 'healthy'),
  }),
  fc.record({
    type: fc.constant('maxNotServing' as const),
    unit: fc.constantFrom('count', 'percent'),
    degradedAt: fc.integer({ min: 1, max: 4 }),
    unhealthyAt: fc.integer({ min: 2, max: 5 }),
  }),
);
const impactOf = fc.constantFrom<Edge['impact']>('standard', 'limited', 'suppressed');

/** Three layers over five leaves; every parent may have any of those below it. */
const anyModel: fc.Arbitrary<Entity[]> = fc
  .tuple(...[leaves, [...leaves, 'p', 'q'], [...leaves, 'p', 'q', 'r', 's']].map(anyGroups))
  .map(([low = [], middle = [], top = []]) => [
    parent('root', top, { kind: 'workload' }),
    parent('r', middle, { kind: 'flow' }),
    parent('s', middle.slice(0, 1)),
    parent('p', low),
    parent('q', low.slice(0, 1), { signals: [told] }),
    ...leaves.map((id) => leaf(id)),
  ]);

function anyGroups(below: readonly string[]) {
  const edges = fc
    .subarray([...below], { minLength: 1 })
    .chain((ids) => fc.tuple(...ids.map((to) => impactOf.map((impact): Edge => ({ to, impact })))));
  return fc.array(fc.record({ name: fc.constant('group'), aggregation: anyAggregation, edges }), {
    minLength: 1,
    maxLength: 3,
  });
}

function evaluate(entities: Entity[], states: readonly State[], memory: HealthMemory = emptyMemory) {
  const samples = [...leaves, 'q'].map((entity, index): HealthSample => {
    return { entity, signal: 'told', at: epoch, state: states[index] ?? 'healthy' };
  });
  const model = { version: '', entities };
  return { model, ...evaluateHealth(model, memory, { samples, now: epoch }) };
}

const statesOf = (model: HealthModel, memory: HealthMemory) =>
  new Map(describeHealth(model, memory).entities.map(({ id, state }) => [id, state]));

const anyKnown = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 });

test('a worse child never makes a better parent', () => {
  fc.assert(
    fc.property(anyModel, anyKnown, fc.nat({ max: 5 }), (entities, levels, which) => {
      const statesAt = (list: readonly number[]) => list.map((level) => ordered[level] ?? 'healthy');
      const before = evaluate(entities, statesAt(levels));
      const worse = levels.map((level, index) => (index === which ? Math.min(2, level + 1) : level));
      const after = evaluate(entities, statesAt(worse));
      const statesAfter = statesOf(after.model, after.memory);
      for (const [id, state] of statesOf(before.model, before.memory)) {
        const rank = (one: State) => ordered.indexOf(one as 'healthy');
        expect(rank(statesAfter.get(id) ?? 'unknown')).toBeGreaterThanOrEqual(rank(state));
      }
    }),
    { numRuns: 300 },
  );
});

test('neither the order of entities nor that of samples changes a state', () => {
  const anyOrder = fc.array(fc.nat({ max: 1000 }), { minLength: 10, maxLength: 10 });
  const shuffle = <T>(list: readonly T[], keys: readonly number[]) =>
    list
      .map((item, index) => [item, keys[index] ?? 0] as const)
      .sort((x, y) => x[1] - y[1])
      .map(([item]) => item);
  fc.assert(
    fc.property(
      anyModel,
      fc.array(anyState, { minLength: 6, maxLength: 6 }),
      anyOrder,
      (entities, states, order) => {
        const one = evaluate(entities, states);
        const samples = [...leaves, 'q'].map((entity, index): HealthSample => {
          return { entity, signal: 'told', at: epoch, state: states[index] ?? 'healthy' };
        });
        const model = { version: 'other', entities: shuffle(entities, order) };
        const { memory } = evaluateHealth(model, emptyMemory, {
          samples: shuffle(samples, order),
          now: epoch,
        });
        const other = statesOf(model, memory);
        for (const [id, state] of statesOf(one.model, one.memory)) expect(other.get(id)).toBe(state);
      },
    ),
    { numRuns: 300 },
  );
});

test('unknown never yields healthy at a component that feels it', () => {
  fc.assert(
    fc.property(
      fc.subarray(leaves, { minLength: 1 }),
      fc.constantFrom('standard', 'limited'),
      (silent, impact) => {
        const edges = leaves.map((to) => ({ to, impact }));
        const lab = new HealthLab([
          parent('all', [{ name: 'parts', aggregation: { type: 'worstOf' }, edges }]),
          ...leaves.map((id) => leaf(id)),
        ]);
        lab.step(
          Object.fromEntries(
            leaves.filter((id) => !silent.includes(id)).map((id) => [`${id} told`, 'healthy']),
          ),
        );
        expect(lab.state('all')).toBe('unknown');
      },
    ),
  );
});

/** What a source may tell of one signal each: state or nothing, number or nothing. */
const anyRound = fc.record(
  {
    state: anyState,
    hard: fc.boolean(),
    value: fc.oneof(fc.integer({ min: 0, max: 800 }), fc.constant(Number.NaN)),
  },
  { requiredKeys: [] },
);
const anyRounds = fc.array(anyRound, { minLength: 5, maxLength: 60 });
type Round = typeof anyRounds extends fc.Arbitrary<(infer T)[]> ? T : never;

function createWatched(): HealthLab {
  return new HealthLab([
    parent('all', [
      { name: 'parts', aggregation: { type: 'worstOf' }, edges: [{ to: 'a', impact: 'standard' }] },
    ]),
    leaf('a', [alive, latency]),
    leaf('b', [alive]),
  ]);
}

function play(lab: HealthLab, { state, hard = false, value }: Round) {
  return lab.step({
    'b alive': 'healthy',
    ...(state === undefined ? {} : { 'a alive': { state, hard } }),
    ...(value === undefined ? {} : { 'a latency': value }),
  });
}

test('nobody gets worse without three bad results, hard evidence or silence, nor better without two good ones and the dwell', () => {
  const anyLevels = fc.array(fc.constantFrom('healthy', 'degraded', 'unhealthy'), {
    minLength: 20,
    maxLength: 120,
  });
  fc.assert(
    fc.property(anyLevels, (results) => {
      const lab = new HealthLab([leaf('a', [alive])]);
      lab.step({ 'a alive': 'healthy' });
      let changedAt = lab.now;
      results.forEach((result, index) => {
        const before = lab.state('a');
        lab.step({ 'a alive': result });
        const after = lab.state('a');
        if (after === before) return;
        const rank = (state: State) => ordered.indexOf(state as 'healthy');
        const recent = (count: number) => results.slice(Math.max(0, index + 1 - count), index + 1);
        const isHeld = lab.entity('a').flags.includes('flapping');
        if (rank(after) > rank(before) && !isHeld) {
          expect(recent(3)).toHaveLength(3);
          for (const one of recent(3)) expect(rank(one)).toBeGreaterThanOrEqual(rank(after));
        }
        if (rank(after) < rank(before)) {
          expect(lab.now - changedAt).toBeGreaterThanOrEqual(10_000);
          for (const one of recent(2)) expect(rank(one)).toBeLessThanOrEqual(rank(after));
        }
        changedAt = lab.now;
      });
    }),
  );
});

test('the same past gives the same present, also when the memory goes through JSON after every evaluation', () => {
  fc.assert(
    fc.property(anyRounds, (rounds) => {
      const straight = createWatched();
      const stored = createWatched();
      for (const round of rounds) {
        const one = play(straight, round);
        const other = play(stored, round);
        expect(other).toEqual(one);
        const text = JSON.stringify(stored.memory);
        expect(JSON.parse(text)).toEqual(stored.memory);
        stored.memory = JSON.parse(text) as HealthMemory;
      }
    }),
  );
});

test('an evaluation changes nothing that it is given', () => {
  fc.assert(
    fc.property(anyRounds, (rounds) => {
      const lab = createWatched();
      for (const round of rounds) {
        const given = lab.memory;
        const text = JSON.stringify(given);
        play(lab, round);
        expect(JSON.stringify(given)).toBe(text);
      }
    }),
  );
});

test('whoever is not healthy has a root cause that is not healthy either', () => {
  fc.assert(
    fc.property(anyModel, fc.array(anyState, { minLength: 6, maxLength: 6 }), (entities, states) => {
      const { model, memory } = evaluate(entities, states);
      const known = statesOf(model, memory);
      for (const { id, state, rootCauses } of describeHealth(model, memory).entities) {
        if (state === 'healthy') expect(rootCauses).toEqual([]);
        else expect(rootCauses.length, id).toBeGreaterThan(0);
        for (const cause of rootCauses) expect(known.get(cause)).not.toBe('healthy');
      }
    }),
    { numRuns: 300 },
  );
});
