import { toRegions } from '@alwayson/core/estate/topology.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type {
  FailoverQuery,
  FailoverRequest,
  RecoveryPlan,
  RestoreQuery,
  RestoreRequest,
} from '@alwayson/protocol/recovery.ts';
import { pointOfNoReturn, wayBack } from './planned-switch.ts';
import { createRecoveryPlans, type RecoveryPlansContext, stepsOf } from './recovery-plans.ts';
import { createSwitchRunner, type SwitchIntent, switchKinds } from './switch-runner.ts';

export interface RecoveryBoardContext extends RecoveryPlansContext {
  observerSignals: { observations(): readonly Observation[] };
  nudge: () => void;
}

/** Where operators ask for a change of the region that writes. */
export interface RecoveryBoard {
  /** What would happen, and whether it may. Changes nothing. Throws AON_NOT_FOUND for a region that does not exist. */
  plan(query: FailoverQuery): Promise<RecoveryPlan>;
  /** Begins it and answers at once. Throws AON_NOT_READY with every check that failed, or when a loss was not accepted. */
  begin(request: FailoverRequest): Promise<Operation>;
  /** The same of a restore. */
  planRestore(query: RestoreQuery): Promise<RecoveryPlan>;
  /** Throws AON_NOT_READY also while a loss is not accepted: what was written after the target is undone. */
  beginRestore(request: RestoreRequest): Promise<Operation>;
  /** One that failed after its point of no return goes on from there. Throws AON_TOO_LATE when there is no way on. */
  goOn(operation: Operation): Operation;
  /** Leads what a former life of the control plane began to its end. */
  resume(): void;
}

export function createRecoveryBoard(context: RecoveryBoardContext): RecoveryBoard {
  const { environment, journal, database } = context;
  const { handover, state, backups } = database;
  const regions = toRegions(environment).map(({ name }) => name);
  const runner = createSwitchRunner({ ...context, handover, state, regions, backups });

  const plans = createRecoveryPlans(context);

  const start = (
    planned: RecoveryPlan,
    asked: { owner: string; reason?: string | undefined; what?: string },
    restore: SwitchIntent['restore'],
  ): Operation => {
    const { mode, candidate, from, to, checks, loss } = planned;
    if (!planned.isReady || candidate === null)
      throw new AlwaysOnError('AON_NOT_READY', describeRefusal(planned));
    const intent = { mode, from, to, candidate, checks, loss, restore };
    const handle = journal.begin({
      kind: switchKinds[mode],
      title: toTitle(planned, asked),
      steps: [...stepsOf[mode].map(({ name }) => name), ...(mode === 'emergency' ? [] : [wayBack])],
      // An emergency begins with it.
      ...(mode === 'emergency' ? {} : { cancellableBefore: pointOfNoReturn }),
      result: intent,
    });
    void runner.run(handle, intent).catch(() => undefined);
    return handle.read();
  };

  const requireConsent = (acceptDataLoss: boolean, message: string) => {
    if (acceptDataLoss) return;
    const hint = 'Read the estimate (--plan), then repeat it with --accept-data-loss.';
    throw new AlwaysOnError('AON_NOT_READY', message, { hint });
  };

  return {
    plan: plans.failover,
    async begin({ region, mode, acceptDataLoss, owner, reason }) {
      const planned = await plans.failover({ region, mode });
      if (planned.isReady && mode === 'emergency')
        requireConsent(acceptDataLoss, 'An emergency may lose what was written last.');
      return start(planned, { owner, reason }, null);
    },
    planRestore: (query) => plans.restore(query),
    async beginRestore({ to, acceptDataLoss, owner, reason }) {
      const planned = await plans.restore({ to });
      if (planned.isReady)
        requireConsent(acceptDataLoss, 'A restore undoes what was written after its target.');
      const { target } = planned;
      if (target === null) throw new AlwaysOnError('AON_NOT_READY', describeRefusal(planned));
      const { region, label, time } = target;
      const repository = backups.regions().indexOf(region) + 1;
      const safety = { region: planned.from, note: `before a restore to ${to}` };
      return start(planned, { owner, reason, what: to }, { source: { repository, label, time }, safety });
    },
    goOn: (operation) => runner.goOn(operation),
    resume: () => runner.resume(),
  };
}

function toTitle(
  { mode, from, to, candidate }: RecoveryPlan,
  { owner, reason, what }: { owner: string; reason?: string | undefined; what?: string },
): string {
  const lost = from === to ? `Let another server of ${to} write` : `Give ${from} up and write in ${to}`;
  const titles = {
    planned: `Move the writer from ${from} to ${to}`,
    emergency: lost,
    restore: `Restore ${what ?? ''} to ${candidate ?? ''} and write there`,
  };
  return `${titles[mode]}, for ${owner}${reason === undefined ? '' : `: ${reason}`}`;
}

function describeRefusal({ mode, to, checks }: RecoveryPlan): string {
  const failed = checks
    .filter(({ state }) => state === 'fail')
    .map(({ name, detail }) => `${name}: ${detail}`);
  const what = mode === 'restore' ? 'Nothing can be restored now' : `The writer cannot move to ${to} now`;
  return `${what}. ${failed.join('; ')}.`;
}
