import { toRegions } from '@alwayson/core/estate/topology.ts';
import { checkEmergency } from '@alwayson/core/recovery/check-emergency.ts';
import { checkSwitch } from '@alwayson/core/recovery/check-switch.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type {
  FailoverQuery,
  FailoverRequest,
  RecoveryMode,
  RecoveryPlan,
} from '@alwayson/protocol/recovery.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { AuthorityRegister } from './authority-register.ts';
import { emergencySteps } from './emergency.ts';
import { plannedSteps, pointOfNoReturn, wayBack } from './planned-switch.ts';
import { createSwitchRunner, type switchKinds } from './switch-runner.ts';
import { toTypicalMs } from './typical-phases.ts';

export interface RecoveryBoardContext extends ControllerContext {
  journal: SqliteJournal;
  authority: AuthorityRegister;
  database: Pick<DatabaseController, 'handover' | 'copy'>;
  queue: { status(): Status['queues'] };
  observerSignals: { observations(): readonly Observation[] };
  nudge: () => void;
}

/** Where operators ask for a change of the region that writes. */
export interface RecoveryBoard {
  /** What would happen, and whether it may. Changes nothing. Throws AON_NOT_FOUND for a region that does not exist. */
  plan(query: FailoverQuery): Promise<RecoveryPlan>;
  /** Begins it and answers at once. Throws AON_NOT_READY with every check that failed, or when a loss was not accepted. */
  begin(request: FailoverRequest): Promise<Operation>;
  /** Leads what a former life of the control plane began to its end. */
  resume(): void;
}

const operationsRead = 200;

export function createRecoveryBoard(context: RecoveryBoardContext): RecoveryBoard {
  const { environment, journal, authority, database, queue } = context;
  const regions = toRegions(environment).map(({ name }) => name);
  const { handover } = database;
  const runner = createSwitchRunner({ ...context, handover, regions });

  const check = async ({ region, mode }: FailoverQuery) => {
    // A throwaway server is in nobody's way.
    const running = journal.running().filter(({ kind }) => kind !== 'backup-verify');
    const facts = { region, regions, members: handover.members(), running };
    if (mode === 'planned') {
      const more = { authority: authority.read(), doors: handover.doors(), copy: database.copy };
      return { ...checkSwitch({ ...facts, ...more }), loss: null };
    }
    const from = authority.writerRegion();
    const queuedEntries = queue.status().find((status) => status.region === from)?.depth ?? null;
    return checkEmergency({ ...facts, survivors: await handover.survivors(region), queuedEntries });
  };

  const plan = async (query: FailoverQuery): Promise<RecoveryPlan> => {
    const { region, mode } = query;
    if (!regions.includes(region))
      throw new AlwaysOnError('AON_NOT_FOUND', `There is no region ${region}: ${regions.join(', ')}.`);
    const { candidate, checks, isReady, loss } = await check(query);
    const typicalMs = toTypicalMs(journal.operations(operationsRead), toKind(mode));
    return {
      mode,
      from: authority.writerRegion(),
      to: region,
      epoch: authority.epoch(),
      writer: handover.members().find(({ isWriter }) => isWriter)?.id ?? null,
      candidate,
      isReady,
      loss,
      checks,
      steps: stepsOf(mode).map(({ name, what }) => ({ name, what, typicalMs: typicalMs(name) })),
      pointOfNoReturn,
    };
  };

  return {
    plan,
    async begin({ region, mode, acceptDataLoss, owner, reason }) {
      const planned = await plan({ region, mode });
      const { candidate, from, to, checks, loss } = planned;
      if (!planned.isReady || candidate === null)
        throw new AlwaysOnError('AON_NOT_READY', describeRefusal(planned));
      if (mode === 'emergency' && !acceptDataLoss)
        throw new AlwaysOnError('AON_NOT_READY', 'An emergency may lose what was written last.', {
          hint: 'Read the estimate (--plan), then repeat it with --accept-data-loss.',
        });
      const intent = { mode, from, to, candidate, checks, loss };
      const handle = journal.begin({
        kind: toKind(mode),
        title: toTitle(planned, { owner, reason }),
        steps: [...stepsOf(mode).map(({ name }) => name), ...(mode === 'planned' ? [wayBack] : [])],
        result: intent,
      });
      void runner.run(handle, intent).catch(() => undefined);
      return handle.read();
    },
    resume: () => runner.resume(),
  };
}

function stepsOf(mode: RecoveryMode) {
  return mode === 'planned' ? plannedSteps : emergencySteps;
}

function toKind(mode: RecoveryMode): (typeof switchKinds)[number] {
  return mode === 'planned' ? 'failover' : 'emergency-failover';
}

function toTitle(
  { mode, from, to }: RecoveryPlan,
  { owner, reason }: { owner: string; reason: string | undefined },
): string {
  const lost = from === to ? `Let another server of ${to} write` : `Give ${from} up and write in ${to}`;
  const what = mode === 'planned' ? `Move the writer from ${from} to ${to}` : lost;
  return `${what}, for ${owner}${reason === undefined ? '' : `: ${reason}`}`;
}

function describeRefusal({ to, checks }: RecoveryPlan): string {
  const failed = checks
    .filter(({ state }) => state === 'fail')
    .map(({ name, detail }) => `${name}: ${detail}`);
  return `The writer cannot move to ${to} now. ${failed.join('; ')}.`;
}
