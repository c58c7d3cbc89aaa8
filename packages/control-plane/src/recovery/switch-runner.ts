import type { Observation } from '@alwayson/protocol/observation.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { LossEstimate, RecoveryCheck, RecoveryMode, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';
import type { BackupWork } from '../database/backup-work.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import { declareLost } from './emergency.ts';
import { emptyCaches } from './empty-caches.ts';
import { countFailedRequests } from './failed-requests.ts';
import { goBack, goOn, goThere, type SwitchEffects, toUndone } from './planned-switch.ts';
import { toRecoveryReport } from './recovery-report.ts';
import { putBackState, type PutBackContext } from './put-back-state.ts';
import { beforeOpenOfRestore, forgetRestored, goToRestored, lastOfRestore } from './restore.ts';

/** Of operations in the journal that another life of the control plane goes on with. */
export const switchKinds = {
  planned: 'failover',
  emergency: 'emergency-failover',
  restore: 'restore',
} as const satisfies Record<RecoveryMode, string>;

/** What the operation keeps in the journal while it runs: enough for another life of the control plane to go on. */
const SwitchIntent = z.object({
  mode: RecoveryMode,
  /** Of an emergency: what it was expected to cost. */
  loss: LossEstimate.nullable(),
  from: z.string(),
  to: z.string(),
  candidate: z.string(),
  checks: z.array(RecoveryCheck),
  /** Of a restore: what is restored, and the backup that is made before. */
  restore: z
    .object({
      source: z.object({ repository: z.int(), label: z.string(), time: z.number().nullable() }),
      safety: z.object({ region: z.string(), note: z.string() }),
    })
    .nullable()
    .default(null),
});
export type SwitchIntent = z.infer<typeof SwitchIntent>;

export interface SwitchRunnerContext
  extends SwitchEffects,
    PutBackContext,
    Pick<ControllerContext, 'environment'> {
  backups: Pick<BackupWork, 'make'>;
  journal: SqliteJournal;
  observerSignals: { observations(): readonly Observation[] };
  regions: readonly string[];
  now: () => number;
}

/** Runs switches of the writer's region, and ends each with its report. */
export function createSwitchRunner(context: SwitchRunnerContext) {
  const { journal, authority, observerSignals, regions, now } = context;

  const end = async (
    handle: OperationHandle,
    { mode, loss, from, to }: SwitchIntent,
    outcome: { state: RecoveryReport['state']; failure?: unknown; checks: readonly RecoveryCheck[] },
  ) => {
    const { state, failure, checks } = outcome;
    const fromMs = Date.parse(handle.read().startedAt);
    const failedRequests = await countFailedRequests(observerSignals.observations, regions, {
      fromMs,
      toMs: now(),
    });
    const epoch = authority.epoch();
    const report = toRecoveryReport({
      operation: handle.read(),
      mode,
      loss,
      state,
      from,
      to,
      epoch,
      failedRequests,
      checks,
    });
    if (state === 'succeeded') handle.succeed(report);
    else if (state === 'rolled-back') handle.rollBack(toUndone(failure), report);
    else handle.fail(failure, report);
  };

  const forward = async (
    handle: OperationHandle,
    intent: SwitchIntent,
    evidence: readonly RecoveryCheck[],
  ) => {
    const checks = [...intent.checks, ...evidence];
    try {
      const followers = intent.mode === 'emergency' ? intent.to : null;
      const { candidate } = intent;
      if (intent.mode === 'restore') checks.push(...(await goOnRestored(context, handle, candidate)));
      else checks.push(...(await goOn(context, handle, { candidate, followers })));
      await end(handle, intent, { state: 'succeeded', checks });
    } catch (failure) {
      await end(handle, intent, { state: 'failed', failure, checks });
    }
  };

  const back = async (handle: OperationHandle, intent: SwitchIntent, failure: unknown) => {
    // An emergency that could not be declared has changed nothing.
    if (intent.mode !== 'emergency') await goBack(context, handle).catch(() => {});
    if (intent.restore !== null) await forgetRestored(context, handle, intent.candidate).catch(() => {});
    await end(handle, intent, { state: 'rolled-back', failure, checks: intent.checks });
  };

  const goUntilCommitted = (handle: OperationHandle, intent: SwitchIntent) => {
    if (intent.restore !== null) return goToRestored(context, handle, { ...intent, ...intent.restore });
    return intent.mode === 'planned'
      ? goThere(context, handle, intent)
      : declareLost(context, handle, intent);
  };

  return {
    async run(handle: OperationHandle, intent: SwitchIntent): Promise<void> {
      let evidence: RecoveryCheck[];
      try {
        evidence = await goUntilCommitted(handle, intent);
      } catch (failure) {
        return back(handle, intent, failure);
      }
      return forward(handle, intent, evidence);
    },
    /** One that failed after its point of no return. Throws AON_TOO_LATE when it did not, or when the writer was moved again since. */
    goOn(operation: Operation): Operation {
      const report = RecoveryReport.safeParse(operation.result);
      const { operation: mover, phase, writer } = authority.read();
      const isLeft = operation.state === 'failed' && mover === operation.id && phase !== 'holding';
      if (!report.success || !isLeft || writer === null)
        throw new AlwaysOnError('AON_TOO_LATE', `${operation.title}: there is nothing left to go on with.`);
      const handle = journal.resume(operation);
      void forward(handle, toIntent(report.data, writer), []).catch(() => undefined);
      return handle.read();
    },
    /** Whether the register has moved tells which way: there is no other memory of it. */
    resume(): void {
      for (const operation of journal.running().filter(isSwitch)) {
        const handle = journal.resume(operation);
        const intent = SwitchIntent.parse(operation.result);
        const { operation: mover, phase, writerRegion } = authority.read();
        const hasMoved = mover === operation.id && phase !== 'holding' && writerRegion === intent.to;
        const interrupted = new Error('the control plane ended meanwhile');
        const going = hasMoved
          ? forward(handle, intent, movedEvidence(intent))
          : back(handle, intent, interrupted);
        void going.catch(() => undefined);
      }
    },
  };
}

/** What belongs to the restored data beside it, before and after everybody is let to it. */
async function goOnRestored(
  context: SwitchRunnerContext,
  handle: OperationHandle,
  candidate: string,
): Promise<RecoveryCheck[]> {
  const beforeOpen = () => handle.step(beforeOpenOfRestore, () => putBackState(context));
  const checks = await goOn(context, handle, { candidate, followers: null, beforeOpen });
  return [...checks, await handle.step(lastOfRestore, () => emptyCaches(context))];
}

/** Of one that has its report already. */
function toIntent({ mode, from, to, checks, rpoMs }: RecoveryReport, candidate: string): SwitchIntent {
  const loss = { seconds: rpoMs === null ? null : rpoMs / 1000, bytes: null, queuedEntries: null };
  // What the former try did not see in time is looked at again.
  const seen = checks.filter(({ state }) => state === 'pass');
  return {
    mode,
    from,
    to,
    candidate,
    checks: seen,
    loss: mode === 'planned' ? null : loss,
    restore: null,
  };
}

function movedEvidence({ mode }: SwitchIntent): RecoveryCheck[] {
  if (mode !== 'planned') return [];
  const detail = 'the register has moved, which happens only when the new writer has everything';
  return [{ name: 'nothing lost', state: 'pass', detail }];
}

function isSwitch({ kind }: Operation): boolean {
  return Object.values<string>(switchKinds).includes(kind);
}
