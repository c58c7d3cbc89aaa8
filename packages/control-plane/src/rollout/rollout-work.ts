import type { RolloutObservation, Work } from '@alwayson/core/rollout/rollout-observation.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { BackgroundWork } from './background-work.ts';
import { type RolloutSources, stampsOf } from './observe-rollout.ts';
import type { RolloutRequest } from './rollout-record.ts';
import type { PreparedRollout, RolloutTools } from './rollout-tools.ts';
import type { ReleaseStore } from '../releases/release-store.ts';

const open: Work = { kind: 'open' };
export type PhaseWork = Pick<
  RolloutObservation,
  'artifact' | 'expand' | 'contract' | 'warm' | 'smoke' | 'proof'
>;
const nothing: PhaseWork = {
  artifact: open,
  expand: open,
  contract: open,
  warm: open,
  smoke: open,
  proof: open,
};

export interface PhaseContext extends RolloutSources {
  tools: RolloutTools;
  store: ReleaseStore;
  request: RolloutRequest;
  onPrepared: (prepared: PreparedRollout) => void;
}

/** Begins what the phase needs done in the background, once, and says how it stands. */
export function lookAtWork(work: BackgroundWork, state: RolloutState, context: PhaseContext): PhaseWork {
  const { tools, store, request, onPrepared } = context;
  const { id, release, contract } = state.program;
  const key = `${id} ${state.phase} ${state.entered.length}`;
  const stamps = stampsOf(context, release);
  const look = (run: (signal: AbortSignal) => Promise<void>) => work.look(key, run);
  switch (state.phase) {
    case 'prepare':
      return {
        ...nothing,
        artifact: look(async (signal) => {
          const prepared = await tools.prepare(request, signal);
          if (!signal.aborted) onPrepared(prepared);
        }),
      };
    case 'migrate':
      return { ...nothing, expand: look((signal) => tools.expand(release, signal)) };
    case 'warm':
      return { ...nothing, warm: look((signal) => tools.warm(stamps, store.manifest(release), signal)) };
    case 'smoke':
      return { ...nothing, smoke: look((signal) => tools.smoke(stamps, store.manifest(release), signal)) };
    case 'settle':
      return {
        ...nothing,
        proof: again(
          work,
          look((signal) => tools.prove(stamps, signal)),
        ),
      };
    case 'contract':
      return { ...nothing, contract: look((signal) => tools.contract(release, contract, signal)) };
    default:
      return nothing;
  }
}

/** What is not proven yet may be so a moment later: it is tried until its time is over. */
function again(work: BackgroundWork, found: Work): Work {
  if (found.kind === 'failed') work.reset();
  return found;
}
