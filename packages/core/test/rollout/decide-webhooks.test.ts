import { expect, test } from 'vitest';
import { decideRollout } from '../../src/rollout/decide-rollout.ts';
import {
  type AskedType,
  type DeclaredWebhook,
  decideWebhooks,
  takeWebhookAnswers,
  type WebhookMemory,
} from '../../src/rollout/decide-webhooks.ts';
import { toFlaggerPhase } from '../../src/rollout/flagger-phase.ts';
import type { RolloutObservation } from '../../src/rollout/rollout-observation.ts';
import { beginRollout, type RolloutState } from '../../src/rollout/rollout-state.ts';
import { program } from './rollout-world.ts';

const allTypes = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'post-rollout',
  'rollback',
] as const;
const all = allTypes.map((type): DeclaredWebhook => ({ name: `my-${type}`, type, timeoutMs: 10_000 }));

const steps = program.steps.map((step) => ({ ...step, bakeSeconds: 30 }));
const longer = { ...program, steps };

interface Asking {
  at: number;
  type: AskedType;
  name: string;
  phase: RolloutState['phase'];
  step: number;
  flagger: string;
  part: number;
}

interface WorldOptions {
  declared?: readonly DeclaredWebhook[];
  /** What a receiver answers; null: nothing ever. */
  say?: (asking: Asking) => boolean | null;
}

/** A rollout in which everything else is done at once, and receivers that answer a second after they were asked. */
function createWorld({ declared = all, say = ({ type }) => type !== 'rollback' }: WorldOptions = {}) {
  let now = 1_000_000;
  let state = beginRollout(longer, now);
  let memory: WebhookMemory = [];
  const askings: Asking[] = [];
  const arriving: { at: number; take: (memory: WebhookMemory) => WebhookMemory }[] = [];
  const observe = (): RolloutObservation => {
    const done = { kind: 'done' } as const;
    const { answer, rollbackAsked, checks } = decide();
    const failed = checks.find(({ verdict }) => verdict === 'fail');
    const isOpen = checks.some(({ verdict }) => verdict === 'not-enough-data');
    const verdict = failed !== undefined ? 'fail' : isOpen ? 'not-enough-data' : 'pass';
    const isSmoke = state.phase === 'smoke' && failed !== undefined;
    return {
      artifact: done,
      expand: done,
      contract: done,
      warm: done,
      proof: done,
      smoke: isSmoke ? { kind: 'failed', reason: failed.text } : done,
      stamps: { missing: [], hopeless: null },
      routes: { inForce: true, missing: [] },
      capacity: { enough: true, text: '' },
      gate: { verdict, synthetic: 0, checks: [...checks] },
      blindMs: 0,
      webhook: answer,
      rollbackAsked,
      drained: { done: true, waitingFor: '' },
      removed: true,
    };
  };
  const decide = () => {
    const decision = decideWebhooks(declared, { state, memory }, now);
    memory = decision.memory;
    for (const question of decision.due) {
      const { type, names } = question;
      const answers = names.flatMap((name) => {
        const part = Math.max(...Object.values(state.parts));
        const asking = { at: now, type, name, phase: state.phase, step: state.step, part };
        const told = { ...asking, flagger: toFlaggerPhase(state) };
        askings.push(told);
        const ok = say(told);
        return ok === null ? [] : [{ name, ok, text: ok ? '' : 'not yet' }];
      });
      if (answers.length > 0)
        arriving.push({ at: now + 1000, take: (old) => takeWebhookAnswers(old, { question, answers }, now) });
    }
    return decision;
  };
  const tick = () => {
    now += 1000;
    for (const { take } of arriving.splice(0)) memory = take(memory);
    const seen = observe();
    state = decideRollout(state, seen, now);
  };
  return {
    askings,
    of: (type: AskedType) => askings.filter((asking) => asking.type === type),
    decide,
    tick,
    get state() {
      return state;
    },
    forget() {
      memory = [];
    },
    run(seconds = 3600) {
      for (let n = 0; n < seconds && state.end === null; n += 1) tick();
      for (let n = 0; n < 3; n += 1) tick();
      return state;
    },
  };
}

test('each is asked at its moment, in the words of Flagger, and all yes is a success', () => {
  const world = createWorld();
  expect(world.run().end?.state).toBe('succeeded');
  const moments = (type: AskedType) => [
    ...new Set(world.of(type).map(({ phase, step, part, flagger }) => `${phase} ${step} ${part} ${flagger}`)),
  ];
  expect(moments('confirm-rollout')).toEqual(['prepare -1 0 Initializing']);
  expect(moments('pre-rollout')).toEqual(['smoke -1 0 Progressing']);
  expect(moments('confirm-traffic-increase')).toEqual([
    'shift 0 0 Progressing',
    'shift 1 0.05 Progressing',
    'shift 2 0.25 Progressing',
    'shift 3 0.5 Progressing',
  ]);
  expect(moments('rollout')).toEqual([
    'bake 0 0.05 Progressing',
    'bake 1 0.25 Progressing',
    'bake 2 0.5 Progressing',
    'bake 3 1 Progressing',
  ]);
  expect(moments('confirm-promotion')).toEqual(['bake 3 1 Progressing']);
  expect(moments('post-rollout')).toEqual(['remove 3 1 Succeeded']);
  for (const type of ['confirm-rollout', 'pre-rollout', 'confirm-promotion', 'post-rollout'] as const)
    expect(world.of(type)).toHaveLength(1);
  expect(world.of('confirm-traffic-increase')).toHaveLength(4);
  expect(world.decide()).toMatchObject({ due: [], isOver: true });
});

test('who approves a promotion is asked when the last step was looked at', () => {
  const world = createWorld();
  world.run();
  const [asked] = world.of('confirm-promotion');
  const baking = world.state.entered.find(({ name, step }) => name === 'bake' && step === 3);
  expect((asked?.at ?? 0) - (baking?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
});

test.each(['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion'] as const)(
  'while %s says no it is held and asked every few seconds; with a yes it goes on',
  (type) => {
    let isOpen = false;
    const world = createWorld({ say: (one) => (one.type === type ? isOpen : one.type !== 'rollback') });
    for (let n = 0; n < 240; n += 1) world.tick();
    expect(world.state.hold).toMatchObject({
      reason: 'external-gate',
      text: `my-${type} (${type}) says no: not yet`,
    });
    const times = world.of(type).map(({ at }) => at);
    expect(times.length).toBeGreaterThan(5);
    const waits = times.slice(1).map((at, n) => at - (times[n] ?? 0));
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(5000);
      expect(wait).toBeLessThanOrEqual(7000);
    }
    isOpen = true;
    expect(world.run().end?.state).toBe('succeeded');
  },
);

test('only who has not said yes is asked again', () => {
  const declared = ['a', 'b'].map((name) => ({ name, type: 'confirm-rollout' as const, timeoutMs: 1000 }));
  const world = createWorld({ declared, say: ({ name }) => name === 'a' });
  for (let n = 0; n < 30; n += 1) world.tick();
  expect(world.askings.filter(({ name }) => name === 'a')).toHaveLength(1);
  expect(world.askings.filter(({ name }) => name === 'b').length).toBeGreaterThan(3);
});

test('a hold that nobody answers is an answer', () => {
  const world = createWorld({ say: ({ type }) => type !== 'confirm-rollout' && type !== 'rollback' });
  expect(world.run().end?.state).toBe('undone');
  expect(world.state.undoing).toContain('confirm-rollout');
  expect(world.of('post-rollout').map(({ flagger }) => flagger)).toEqual(['Failed']);
});

test.each(['pre-rollout', 'rollout'] as const)(
  '%s: three no in a row undo it, two and a yes do not',
  (type) => {
    const saying = (answers: readonly boolean[]) => {
      let n = 0;
      return createWorld({
        say: (one) => (one.type === type ? (answers[n++] ?? true) : one.type !== 'rollback'),
      });
    };
    const patient = saying([false, false, true, false, false, true]);
    expect(patient.run().end?.state).toBe('succeeded');
    const failed = saying([false, false, false]);
    expect(failed.run().end?.state).toBe('undone');
    expect(failed.of(type)).toHaveLength(3);
    expect(failed.state.undoing).toContain('said no 3 times in a row: not yet');
  },
);

test('a rollout that said yes is asked again while it is looked at, and one without an answer lets nothing pass', () => {
  const world = createWorld();
  world.run();
  const [first, second] = world.of('rollout').filter(({ step }) => step === 0);
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(11_000);
  const silent = createWorld({ say: ({ type }) => (type === 'rollout' ? null : type !== 'rollback') });
  for (let n = 0; n < 60; n += 1) silent.tick();
  expect(silent.state).toMatchObject({ phase: 'bake', step: 0, hold: { reason: 'not-enough-data' } });
  // Whoever asked is gone: asked again after its own time and a little more.
  expect(silent.of('rollout').map(({ at }, n, of) => at - (of[n - 1]?.at ?? at))).toEqual([
    0, 15_000, 15_000, 15_000,
  ]);
});

test('a rollback that says yes undoes it, wherever it stands, also in a hold', () => {
  for (const seconds of [0, 5, 60, 120]) {
    const world = createWorld({
      say: ({ type, at }) => (type === 'rollback' ? at >= 1_000_000 + seconds * 1000 : true),
    });
    expect(world.run().end?.state).toBe('undone');
    expect(world.state.undoing).toBe('my-rollback (rollback) asks for it');
  }
  const held = createWorld({
    say: ({ type, at }) => (type === 'rollback' ? at > 1_030_000 : type !== 'confirm-rollout'),
  });
  expect(held.run().end?.state).toBe('undone');
  expect(held.state.undoing).toContain('rollback');
});

test('whatever is forgotten is asked again: a control plane that was killed loses nothing', () => {
  const world = createWorld();
  for (let n = 0; n < 3600 && world.state.end === null; n += 1) {
    if (n % 7 === 6) world.forget();
    world.tick();
  }
  expect(world.state.end?.state).toBe('succeeded');
});

test('an answer that comes when its moment is over counts for nothing', () => {
  const declared: DeclaredWebhook[] = [{ name: 'gate', type: 'rollout', timeoutMs: 1000 }];
  const state = { ...beginRollout(program, 0), phase: 'bake' as const, step: 0 };
  const first = decideWebhooks(declared, { state, memory: [] }, 0);
  const next = { ...state, step: 1 };
  const second = decideWebhooks(declared, { state: next, memory: first.memory }, 1000);
  expect(second.due).toEqual([{ type: 'rollout', moment: 'bake 1', names: ['gate'] }]);
  const [question] = first.due;
  if (question === undefined) throw new Error('nothing was asked');
  const answers = [{ name: 'gate', ok: true, text: '' }];
  const memory = takeWebhookAnswers(second.memory, { question, answers }, 2000);
  expect(decideWebhooks(declared, { state: next, memory }, 2000).checks).toEqual([
    { name: 'gate', verdict: 'not-enough-data', text: 'rollout has not answered yet' },
  ]);
});

test('without webhooks nothing is asked and nothing is in the way', () => {
  const state = beginRollout(program, 0);
  expect(decideWebhooks([], { state, memory: [] }, 0)).toEqual({
    due: [],
    memory: [],
    answer: { kind: 'yes' },
    rollbackAsked: null,
    checks: [],
    isOver: false,
  });
});
