import type { LossReport, RolloutReport } from '@alwayson/protocol/releases.ts';
import type { RolloutState } from './rollout-state.ts';

/** What is told of a rollout, while it runs and when it has ended. */
export function toRolloutReport(
  state: RolloutState,
  { loss, isClosed }: { loss: LossReport | null; isClosed: boolean },
  now: number,
): RolloutReport {
  const { program, phase, step, hold, waitingFor, undoing, end } = state;
  const toText = (ms: number) => new Date(ms).toISOString();
  const live =
    end === null ? undefined : end.live === program.release ? program.version : program.fromVersion;
  return {
    id: program.id,
    kind: program.kind,
    release: program.release,
    version: program.version,
    from: program.from,
    fromVersion: program.fromVersion,
    state: isClosed && end !== null ? end.state : hold === null ? 'running' : 'held',
    ...(live === undefined ? {} : { live }),
    phase,
    step,
    steps: [...program.steps],
    ...(hold === null ? {} : { hold: { ...hold, since: toText(hold.since) } }),
    ...(end !== null && !isClosed ? { waitingFor: 'the count of what it cost' } : {}),
    ...(waitingFor === null ? {} : { waitingFor }),
    ...(undoing === null ? {} : { reason: undoing }),
    ...(undoing === null ? {} : { code: state.refusal ?? 'AON_ROLLOUT_UNDONE' }),
    ...(program.expectedSeconds === null ? {} : { expectedSeconds: program.expectedSeconds }),
    pointOfNoReturn: program.contract.length > 0 ? 'contract' : null,
    startedAt: toText(state.startedAt),
    ...(end === null ? {} : { endedAt: toText(end.at) }),
    phases: toPhases(state, now),
    gates: [...state.gates],
    ...loss,
  };
}

/** Each time a phase was entered, with the step it was for, and how long it took. */
function toPhases({ entered, end, program }: RolloutState, now: number): RolloutReport['phases'] {
  const endedAt = end?.at ?? now;
  return entered.map(({ name, step, at }, index) => {
    const parts = Object.values(program.steps[step]?.parts ?? {});
    const percent = Math.round(Math.max(0, ...parts) * 100);
    const label = name === 'shift' || name === 'bake' ? `${name} ${percent} %` : name;
    return { name: label, seconds: Math.round((entered[index + 1]?.at ?? endedAt) - at) / 1000 };
  });
}
