import type { RolloutPhase } from '@alwayson/protocol/releases.ts';
import type { RolloutObservation, Work } from './rollout-observation.ts';
import { isTaken } from './rollout-moves.ts';
import type { RolloutState } from './rollout-state.ts';

/** Install, builds, and migrations of large tables. */
const workMsMax = 900_000;
const smokeMsMax = 60_000;
/** Gateways may be reading a new file when a step is taken. */
export const inForceMsMax = 60_000;
const proofMsMax = 120_000;

/** Why it has to turn back, or null. */
export function findUndoReason(state: RolloutState, seen: RolloutObservation, now: number): string | null {
  const { phase, hold, program } = state;
  if (hold !== null && now - hold.since >= program.holdMs) return `nobody answered the hold: ${hold.text}`;
  if (seen.rollbackAsked !== null) return seen.rollbackAsked;
  const failed = failureOf(state, seen);
  if (failed !== null) return failed;
  const isPassedOver = state.promoted && phase === 'bake';
  if (!isPassedOver && seen.gate?.verdict === 'fail' && hasStamps(phase))
    return describeFailure(seen.gate.checks);
  return hold === null ? findDelay(state, seen, now - state.since) : null;
}

/** What did not become true in time; a hold has a time of its own. */
function findDelay(state: RolloutState, seen: RolloutObservation, ms: number): string | null {
  switch (state.phase) {
    case 'prepare':
      return ms >= workMsMax ? 'its files, packages and builds were not ready in time' : null;
    case 'migrate':
      return ms >= workMsMax ? 'its migrations did not end in time' : null;
    case 'place':
      return ms >= state.program.placeMs ? `not ready in time: ${seen.stamps.missing.join(', ')}` : null;
    case 'smoke':
      return ms >= smokeMsMax ? 'its smoke test did not end in time' : null;
    case 'shift':
      return isTaken(state) && ms >= inForceMsMax
        ? `not in force in time: ${seen.routes.missing.join('; ')}`
        : null;
    case 'settle':
      return ms >= proofMsMax ? `it was not proven to serve: ${reasonOf(seen.proof) ?? 'no proof'}` : null;
    default:
      return null;
  }
}

const reasonOf = (work: Work) => (work.kind === 'failed' ? work.reason : null);

/** Work of the phase that cannot succeed any more. */
function failureOf({ phase }: RolloutState, seen: RolloutObservation): string | null {
  switch (phase) {
    case 'prepare':
      return reasonOf(seen.artifact);
    case 'migrate':
      return reasonOf(seen.expand);
    case 'place':
    case 'warm':
      return seen.stamps.hopeless;
    case 'smoke':
      return reasonOf(seen.smoke) ?? seen.stamps.hopeless;
    default:
      return null;
  }
}

const hasStamps = (phase: RolloutPhase) => !['prepare', 'migrate'].includes(phase);

function describeFailure(
  checks: readonly { verdict: string; name: string; flow?: string | undefined; text: string }[],
) {
  const bad = checks.filter(({ verdict }) => verdict === 'fail');
  return bad
    .map(({ name, flow, text }) => `${name}${flow === undefined ? '' : ` of ${flow}`}: ${text}`)
    .join('; ');
}
