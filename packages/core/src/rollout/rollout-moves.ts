import type { RolloutPhase } from '@alwayson/protocol/releases.ts';
import type { RolloutObservation } from './rollout-observation.ts';
import { isSameParts, noParts, type RolloutState } from './rollout-state.ts';

const gatesKept = 100;

/** Turns back; before there are stamps of the release there is nothing to turn. */
export function undo(state: RolloutState, reason: string, now: number): RolloutState {
  const hasStamps = state.entered.some(({ name }) => name === 'place');
  const back = { ...state, undoing: reason, hold: null, parts: noParts(state.program) };
  return enter(back, hasStamps ? 'revert' : 'withdraw', now);
}

export function enter(state: RolloutState, phase: RolloutPhase, now: number): RolloutState {
  const entered = [...state.entered, { name: phase, step: state.step, at: now }];
  return { ...state, phase, since: now, entered, hold: null, waitingFor: null, promoted: false };
}

export function end(state: RolloutState, kind: 'succeeded' | 'undone', now: number): RolloutState {
  const { release, from } = state.program;
  const live = kind === 'succeeded' ? release : from;
  return { ...state, hold: null, waitingFor: null, end: { at: now, state: kind, live } };
}

/** Stands still until the reason is gone or somebody answers. */
export function holdFor(
  state: RolloutState,
  why: { reason: 'capacity' | 'external-gate' | 'not-enough-data'; text: string },
  now: number,
): RolloutState {
  const since = state.hold?.since ?? now;
  return { ...state, hold: { ...why, since }, waitingFor: why.text };
}

export const stepOf = ({ program, step }: RolloutState) => program.steps[step];
export const isTaken = (state: RolloutState) => isSameParts(state.parts, stepOf(state)?.parts ?? {});

export function noteGate(state: RolloutState, { gate }: RolloutObservation, now: number): RolloutState {
  if (gate === null) return state;
  const result = { ...gate, step: state.step, at: new Date(now).toISOString() };
  const others = state.gates.filter(({ step }) => step !== state.step);
  return { ...state, gates: [...others, result].slice(-gatesKept) };
}
