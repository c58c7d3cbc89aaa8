import { decideRollout } from '../../src/rollout/decide-rollout.ts';
import type { RolloutObservation, Work } from '../../src/rollout/rollout-observation.ts';
import {
  beginRollout,
  liveOf,
  type RolloutProgram,
  type RolloutState,
} from '../../src/rollout/rollout-state.ts';

export const program: RolloutProgram = {
  id: 'deploy-1',
  kind: 'deploy',
  release: 'b'.repeat(64),
  version: '2',
  from: 'a'.repeat(64),
  fromVersion: '1',
  steps: [0.05, 0.25, 0.5, 1].map((part) => ({ parts: { west: part, east: part }, bakeSeconds: 10 })),
  contract: [],
  expectedSeconds: 100,
  placeMs: 60_000,
  requestMs: 10_000,
  holdMs: 600_000,
};

/** What may go wrong, and in which phase. */
export interface Mishap {
  phase: RolloutState['phase'];
  kind: 'work-fails' | 'never-done' | 'gate-fails' | 'controller-away' | 'gateway-silent' | 'no-data';
}

/** A world that does what the state asks for, some seconds later, and remembers how traffic went. */
export function createRolloutWorld(change: Partial<RolloutProgram> = {}, mishap: Mishap | null = null) {
  let now = 1_000_000;
  let state = beginRollout({ ...program, ...change }, now);
  const history: RolloutState[] = [state];
  const inPhaseMs = () => now - (state.entered.at(-1)?.at ?? now);
  const isHit = (kind: Mishap['kind']) => mishap?.kind === kind && mishap.phase === state.phase;
  const workAfter = (ms: number): Work => {
    if (isHit('work-fails')) return { kind: 'failed', reason: 'it broke' };
    return !isHit('never-done') && inPhaseMs() >= ms ? { kind: 'done' } : { kind: 'open' };
  };
  const missing = (ms: number) => (workAfter(ms).kind === 'done' ? [] : ['west-1-bbbbbb']);

  const observe = (): RolloutObservation => ({
    artifact: workAfter(3000),
    expand: workAfter(1000),
    contract: workAfter(1000),
    stamps: { missing: missing(4000), hopeless: isHit('work-fails') ? 'west-1-bbbbbb crashed' : null },
    warm: workAfter(2000),
    smoke: workAfter(2000),
    routes: isHit('gateway-silent')
      ? { inForce: false, missing: ['gateway west'] }
      : { inForce: inPhaseMs() >= 1000, missing: ['gateway west'] },
    capacity: { enough: true, text: '' },
    gate: {
      verdict: isHit('gate-fails') ? 'fail' : isHit('no-data') ? 'not-enough-data' : 'pass',
      synthetic: 0,
      checks: [{ name: 'success', verdict: isHit('gate-fails') ? 'fail' : 'pass', text: '3 of 10' }],
    },
    blindMs: 0,
    webhook: { kind: 'yes' },
    rollbackAsked: null,
    proof: workAfter(2000),
    drained: { done: inPhaseMs() >= 2000, waitingFor: 'sessions' },
    removed: inPhaseMs() >= 3000,
  });

  const tick = () => {
    now += isHit('controller-away') && inPhaseMs() < 1000 ? 200_000 : 1000;
    state = decideRollout(state, observe(), now);
    history.push(state);
  };
  return {
    history,
    get state() {
      return state;
    },
    get now() {
      return now;
    },
    set(next: RolloutState) {
      state = next;
      history.push(state);
    },
    tick,
    /** Until it has ended; fails when it does not within two hours of virtual time. */
    run() {
      for (let n = 0; n < 7200 && state.end === null; n += 1) tick();
      if (state.end === null) throw new Error(`It stands in ${state.phase}: ${state.waitingFor ?? ''}`);
      return state.end;
    },
  };
}

/** What must hold in every moment of every rollout. */
export function findBreaches(history: readonly RolloutState[]): string[] {
  return history.flatMap((state, n) => {
    const before = history[n - 1];
    const part = Math.max(...Object.values(state.parts));
    const wasSmoked = state.entered.some(({ name }) => name === 'shift');
    const isLast = part === 1 || state.undoing !== null;
    return [
      ...(part > 0 && !wasSmoked ? ['traffic before the smoke test'] : []),
      ...(state.undoing !== null && part > 0 ? ['traffic for what is being undone'] : []),
      ...(before && before.undoing !== null && state.undoing === null ? ['an undoing undone'] : []),
      ...(state.undoing !== null && liveOf(state) !== state.program.from ? ['the bad release is live'] : []),
      ...(['settle', 'drain', 'remove'].includes(state.phase) && !isLast ? ['live without its traffic'] : []),
      ...(before && before.end !== null && before !== state ? ['it went on after its end'] : []),
      ...(state.step >= state.program.steps.length ? ['a step too many'] : []),
    ];
  });
}
