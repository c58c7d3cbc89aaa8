import type { RolloutPhase } from '@alwayson/protocol/releases.ts';
import type { RolloutObservation, Work } from './rollout-observation.ts';
import { canUndo, type RolloutState } from './rollout-state.ts';
import { findUndoReason, inForceMsMax } from './find-undo-reason.ts';
import { end, enter, holdFor, isTaken, noteGate, stepOf, undo } from './rollout-moves.ts';

/** Who has not looked for this long was away: that time counts for nothing. */
const awayMs = 5000;
const warmMsMax = 20_000;
/** What is drained and still has sessions this long after its requests must have ended, keeps them for nobody. */
const drainMarginMs = 20_000;

/**
 * One look of the rollout's state chart: forward by facts, back by a failed gate, by order, or when something does not become true
 * in time. Nothing here knows how a phase is done; whoever does it repeats it until the state has moved on.
 */
export function decideRollout(before: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  if (before.end !== null) return before;
  const awake = wake(before, now);
  const state = settleHold(awake, seen, now);
  if (state.phase === 'revert' || state.phase === 'withdraw') return goBack(state, seen, now);
  if (canUndo(state)) {
    const reason = findUndoReason(state, seen, now);
    if (reason !== null) return undo(noteRefusal(noteGate(state, seen, now), seen), reason, now);
  }
  if (state.hold?.reason === 'paused') return { ...state, waitingFor: 'somebody to resume it' };
  return goForward(state, seen, now);
}

/** What was refused while it was prepared keeps its code. */
function noteRefusal(state: RolloutState, { artifact }: RolloutObservation): RolloutState {
  const code = state.phase === 'prepare' && artifact.kind === 'failed' ? artifact.code : undefined;
  return code === undefined ? state : { ...state, refusal: code };
}

function wake(state: RolloutState, now: number): RolloutState {
  const away = now - state.seenAt;
  return { ...state, seenAt: now, since: away > awayMs ? state.since + away : state.since };
}

/** A hold for a reason that is gone is over; one that nobody answers is an answer. */
function settleHold(state: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  const { hold } = state;
  if (hold === null || now - hold.since >= state.program.holdMs) return state;
  const isOver =
    (hold.reason === 'capacity' && seen.capacity.enough) ||
    (hold.reason === 'external-gate' && seen.webhook.kind === 'yes') ||
    (hold.reason === 'not-enough-data' && (seen.gate?.verdict === 'pass' || state.promoted));
  return isOver ? { ...state, hold: null } : state;
}

function goForward(state: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  switch (state.phase) {
    case 'prepare':
      return whenDone(state, seen.artifact, () => passWebhook(state, seen, { now, next: 'migrate' }));
    case 'migrate':
      return whenDone(state, seen.expand, () => enter(state, 'place', now));
    case 'place':
      return seen.stamps.missing.length === 0
        ? enter(state, 'warm', now)
        : { ...state, waitingFor: seen.stamps.missing.join(', ') };
    case 'warm': {
      const isOver = seen.warm.kind !== 'open' || now - state.since >= warmMsMax;
      return isOver ? enter(state, 'smoke', now) : { ...state, waitingFor: 'the first requests' };
    }
    case 'smoke':
      return whenDone(state, seen.smoke, () =>
        passWebhook({ ...state, step: 0 }, seen, { now, next: 'shift' }),
      );
    case 'shift':
      return shift(state, seen, now);
    case 'bake':
      return bake(state, seen, now);
    case 'settle':
      return whenDone(state, seen.proof, () =>
        enter(state, state.program.contract.length > 0 ? 'contract' : 'drain', now),
      );
    case 'contract':
      return seen.contract.kind === 'open'
        ? { ...state, waitingFor: state.program.contract.join(', ') }
        : enter(state, 'drain', now);
    case 'drain':
      return drain(state, seen, { now, next: () => enter(state, 'remove', now) });
    case 'remove':
      return seen.removed ? end(state, 'succeeded', now) : { ...state, waitingFor: 'the old stamps to end' };
    case 'revert':
    case 'withdraw':
      return state;
  }
}

function whenDone(state: RolloutState, work: Work, next: () => RolloutState): RolloutState {
  return work.kind === 'done'
    ? next()
    : { ...state, waitingFor: work.kind === 'failed' ? work.reason : null };
}

/** Outside gates have a word before the phase; without an answer it is held. */
function passWebhook(
  state: RolloutState,
  { webhook }: RolloutObservation,
  { now, next }: { now: number; next: RolloutPhase },
): RolloutState {
  if (webhook.kind === 'yes') return enter(state, next, now);
  if (webhook.kind === 'open') return { ...state, waitingFor: 'an external gate' };
  return holdFor(state, { reason: 'external-gate', text: webhook.text }, now);
}

/** Takes the step when those who get the traffic can carry it and nobody objects; done when read back. */
function shift(state: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  const step = stepOf(state);
  if (step === undefined) return enter(state, 'settle', now);
  if (isTaken(state)) {
    return seen.routes.inForce
      ? enter(state, 'bake', now)
      : { ...state, waitingFor: seen.routes.missing.join('; ') };
  }
  if (!seen.capacity.enough) return holdFor(state, { reason: 'capacity', text: seen.capacity.text }, now);
  if (seen.webhook.kind === 'no')
    return holdFor(state, { reason: 'external-gate', text: seen.webhook.text }, now);
  if (seen.webhook.kind === 'open') return { ...state, waitingFor: 'an external gate' };
  return { ...state, hold: null, parts: step.parts, since: now };
}

/** The step is looked at for its time. A pass is one only with enough data, or by order. */
function bake(state: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  const bakeMs = (stepOf(state)?.bakeSeconds ?? 0) * 1000 + seen.blindMs;
  const left = Math.ceil((state.since + bakeMs - now) / 1000);
  if (!state.promoted && left > 0) return { ...state, waitingFor: `${left} s of looking at it` };
  if (!state.promoted && seen.gate?.verdict !== 'pass') {
    const text = seen.gate?.checks.find(({ verdict }) => verdict === 'not-enough-data')?.text;
    return holdFor(state, { reason: 'not-enough-data', text: text ?? 'nothing was measured' }, now);
  }
  const noted = noteGate(state, seen, now);
  const isLast = state.step >= state.program.steps.length - 1;
  if (!isLast) return enter({ ...noted, step: state.step + 1 }, 'shift', now);
  return passWebhook(noted, seen, { now, next: 'settle' });
}

function drain(
  state: RolloutState,
  { drained }: RolloutObservation,
  { now, next }: { now: number; next: () => RolloutState },
): RolloutState {
  const isLate = now - state.since >= state.program.requestMs + drainMarginMs;
  return drained.done || isLate ? next() : { ...state, waitingFor: drained.waitingFor };
}

/** Traffic first, then the stamps: who is on the way back goes all of it. */
function goBack(state: RolloutState, seen: RolloutObservation, now: number): RolloutState {
  if (state.phase === 'revert') {
    // A gateway that does not answer keeps what it has until it is back; its stamps stay until then or until the time is over.
    const isLate = now - state.since >= inForceMsMax;
    return seen.routes.inForce || isLate
      ? enter(state, 'withdraw', now)
      : { ...state, waitingFor: seen.routes.missing.join('; ') };
  }
  const hadStamps = state.entered.some(({ name }) => name === 'place');
  if (!hadStamps) return end(state, 'undone', now);
  if (!seen.drained.done && now - state.since < state.program.requestMs + drainMarginMs)
    return { ...state, waitingFor: seen.drained.waitingFor };
  return seen.removed ? end(state, 'undone', now) : { ...state, waitingFor: 'its stamps to end' };
}
