import fc from 'fast-check';
import { rolloutPhases } from '@alwayson/protocol/releases.ts';
import { describe, expect, test } from 'vitest';
import { applyOrder } from '../../src/rollout/apply-order.ts';
import type { Order } from '../../src/rollout/rollout-observation.ts';
import { canUndo } from '../../src/rollout/rollout-state.ts';
import { createRolloutWorld, findBreaches, type Mishap, program } from './rollout-world.ts';

const forward = [
  'prepare',
  'migrate',
  'place',
  'warm',
  'smoke',
  'shift',
  'bake',
  'settle',
  'drain',
  'remove',
] as const;
const names = (world: ReturnType<typeof createRolloutWorld>) => world.state.entered.map(({ name }) => name);

test('a good release goes through every phase and step, and is live in the end', () => {
  const world = createRolloutWorld();
  expect(world.run()).toMatchObject({ state: 'succeeded', live: program.release });
  const steps = program.steps.flatMap(() => ['shift', 'bake']);
  expect(names(world)).toEqual([
    'prepare',
    'migrate',
    'place',
    'warm',
    'smoke',
    ...steps,
    'settle',
    'drain',
    'remove',
  ]);
  expect(world.state.gates.map(({ step, verdict }) => [step, verdict])).toEqual([
    [0, 'pass'],
    [1, 'pass'],
    [2, 'pass'],
    [3, 'pass'],
  ]);
  expect(findBreaches(world.history)).toEqual([]);
});

test('a contract migration runs before the old stamps go, and closes the way back', () => {
  const world = createRolloutWorld({ contract: ['0004_contract_old-price.sql'] });
  while (world.state.phase !== 'contract') world.tick();
  expect(canUndo(world.state)).toBe(false);
  expect(applyOrder(world.state, { order: 'abort', owner: 'me' }, world.now)).toHaveProperty('refused');
  expect(world.run().state).toBe('succeeded');
});

describe('every mishap in every phase ends in a named state', () => {
  const kinds: Mishap['kind'][] = [
    'work-fails',
    'never-done',
    'gate-fails',
    'controller-away',
    'gateway-silent',
    'no-data',
  ];
  test.each(forward.flatMap((phase) => kinds.map((kind) => ({ phase, kind }))))(
    '$kind in $phase',
    (mishap) => {
      const world = createRolloutWorld({}, mishap);
      const end = world.run();
      expect(findBreaches(world.history)).toEqual([]);
      expect(end.live).toBe(end.state === 'succeeded' ? program.release : program.from);
      if (mishap.kind === 'controller-away') expect(end.state).toBe('succeeded');
      const isFatal =
        (mishap.kind === 'work-fails' &&
          ['prepare', 'migrate', 'place', 'warm', 'smoke'].includes(mishap.phase)) ||
        (mishap.kind === 'gate-fails' &&
          ['place', 'warm', 'smoke', 'shift', 'bake', 'settle'].includes(mishap.phase)) ||
        (mishap.kind === 'no-data' && mishap.phase === 'bake');
      if (isFatal) expect(end.state).toBe('undone');
    },
  );
});

test('time in which nobody looked is no time that the release had', () => {
  const world = createRolloutWorld({}, { phase: 'place', kind: 'controller-away' });
  expect(world.run().state).toBe('succeeded');
});

test('too little data is a hold; a promote goes on, and a hold without an answer turns back', () => {
  const world = createRolloutWorld({}, { phase: 'bake', kind: 'no-data' });
  while (world.state.hold === null) world.tick();
  expect(world.state.hold.reason).toBe('not-enough-data');
  const promoted = applyOrder(world.state, { order: 'promote', owner: 'me' }, world.now);
  if ('refused' in promoted) throw new Error(promoted.refused);
  world.set(promoted.state);
  while (world.state.step === 0) world.tick();
  expect(world.state.phase).toBe('shift');
  expect(world.run().state).toBe('undone');
  expect(world.state.undoing).toMatch(/nobody answered/);
});

test('a pause stops the steps and not the gate', () => {
  const world = createRolloutWorld({}, { phase: 'bake', kind: 'gate-fails' });
  while (world.state.phase !== 'shift') world.tick();
  const paused = applyOrder(world.state, { order: 'pause', owner: 'me' }, world.now);
  if ('refused' in paused) throw new Error(paused.refused);
  world.set(paused.state);
  world.tick();
  expect(world.state.phase).toBe('shift');
  const resumed = applyOrder(world.state, { order: 'resume', owner: 'me' }, world.now);
  if ('refused' in resumed) throw new Error(resumed.refused);
  world.set(resumed.state);
  expect(world.run().state).toBe('undone');
});

test.each(rolloutPhases.filter((phase) => phase !== 'contract'))(
  'abort in %s is obeyed or refused, never half',
  (phase) => {
    const mishap: Mishap | null =
      phase === 'revert' || phase === 'withdraw' ? { phase: 'bake', kind: 'gate-fails' } : null;
    const world = createRolloutWorld({}, mishap);
    while (world.state.phase !== phase) world.tick();
    const answer = applyOrder(world.state, { order: 'abort', owner: 'me', reason: 'I saw it' }, world.now);
    if ('state' in answer) world.set(answer.state);
    const end = world.run();
    expect(end.state).toBe('refused' in answer && mishap === null ? 'succeeded' : 'undone');
    expect(findBreaches(world.history)).toEqual([]);
  },
);

test('whatever is ordered and happens, the way ends with one release live and the other without traffic', () => {
  const order = fc.record({
    at: fc.nat(120),
    order: fc.constantFrom<Order['order']>('promote', 'pause', 'resume', 'abort'),
  });
  const mishap = fc.option(
    fc.record({
      phase: fc.constantFrom(...forward),
      kind: fc.constantFrom<Mishap['kind']>(
        'work-fails',
        'never-done',
        'gate-fails',
        'controller-away',
        'no-data',
      ),
    }),
    { nil: null },
  );
  fc.assert(
    fc.property(fc.array(order, { maxLength: 6 }), mishap, (orders, hit) => {
      const world = createRolloutWorld({}, hit);
      for (let n = 0; n <= 120; n += 1) {
        for (const { order: word } of orders.filter(({ at }) => at === n)) {
          const answer = applyOrder(world.state, { order: word, owner: 'me' }, world.now);
          if ('state' in answer) world.set(answer.state);
        }
        if (world.state.end === null) world.tick();
      }
      const { state, live } = world.run();
      expect(findBreaches(world.history)).toEqual([]);
      expect(live).toBe(state === 'succeeded' ? program.release : program.from);
    }),
    { numRuns: 300 },
  );
});
