import { rolloutPhases, type RolloutPhase } from '@alwayson/protocol/releases.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { Operation, OperationStep } from '@alwayson/protocol/operations.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';

const back: readonly RolloutPhase[] = ['revert', 'withdraw'];

/** The rollout as the operation that people follow; it has ended when its report is whole. */
export function toRolloutOperation(state: RolloutState, report: RolloutReport, isClosed: boolean): Operation {
  const { kind, id, version, fromVersion } = state.program;
  const title =
    kind === 'deploy'
      ? `Release ${version} after ${fromVersion}`
      : `Back to release ${version} from ${fromVersion}`;
  const error = toError(state);
  return {
    id,
    kind,
    title,
    state: isClosed ? toOperationState(state) : 'running',
    startedAt: report.startedAt,
    ...(isClosed && report.endedAt !== undefined ? { endedAt: report.endedAt } : {}),
    steps: toSteps(state),
    ...(isClosed ? { result: { ...report } } : {}),
    ...(isClosed && error !== null ? { error } : {}),
  };
}

function toOperationState({ end }: RolloutState): Operation['state'] {
  if (end?.state === 'succeeded') return 'succeeded';
  return end?.state === 'undone' ? 'rolled-back' : 'failed';
}

function toError({ end, undoing, refusal }: RolloutState): Operation['error'] | null {
  if (end === null || end.state === 'succeeded') return null;
  return { code: refusal ?? 'AON_ROLLOUT_UNDONE', message: undoing ?? 'It did not end as it should.' };
}

/** Each phase once, with the first and last time it was in; the way back only when it was taken. */
function toSteps({ entered, phase, end, waitingFor, undoing, program }: RolloutState): OperationStep[] {
  const hasContract = program.contract.length > 0;
  const shown = rolloutPhases.filter((name) => {
    if (back.includes(name)) return undoing !== null;
    return name !== 'contract' || hasContract;
  });
  return shown.map((name): OperationStep => {
    const times = entered.filter((entry) => entry.name === name);
    const last = entered.findLastIndex((entry) => entry.name === name);
    const first = times[0];
    if (first === undefined) return { name, state: end === null && undoing === null ? 'pending' : 'skipped' };
    const isNow = phase === name && end === null;
    const endedAt = entered[last + 1]?.at ?? end?.at;
    return {
      name,
      state: isNow ? 'running' : 'done',
      ...(isNow && waitingFor !== null ? { waitingFor } : {}),
      startedAt: new Date(first.at).toISOString(),
      ...(isNow || endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    };
  });
}
