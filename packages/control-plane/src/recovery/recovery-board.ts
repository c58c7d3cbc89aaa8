import { toRegions } from '@alwayson/core/estate/topology.ts';
import { checkEmergency } from '@alwayson/core/recovery/check-emergency.ts';
import { checkRestore } from '@alwayson/core/recovery/check-restore.ts';
import { checkSwitch } from '@alwayson/core/recovery/check-switch.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type {
  FailoverQuery,
  FailoverRequest,
  RecoveryMode,
  RecoveryPlan,
  RestoreQuery,
  RestoreRequest,
} from '@alwayson/protocol/recovery.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { AuthorityRegister } from './authority-register.ts';
import { emergencySteps } from './emergency.ts';
import { plannedSteps, pointOfNoReturn, wayBack } from './planned-switch.ts';
import { restoreSteps } from './restore.ts';
import { createSwitchRunner, type SwitchIntent, type switchKinds } from './switch-runner.ts';
import { toTypicalMs } from './typical-phases.ts';

export interface RecoveryBoardContext extends ControllerContext {
  journal: SqliteJournal;
  authority: AuthorityRegister;
  database: Pick<DatabaseController, 'handover' | 'copy' | 'backups'>;
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
  /** The same of a restore. */
  planRestore(query: RestoreQuery): Promise<RecoveryPlan>;
  /** Throws AON_NOT_READY also while a loss is not accepted: what was written after the target is undone. */
  beginRestore(request: RestoreRequest): Promise<Operation>;
  /** Leads what a former life of the control plane began to its end. */
  resume(): void;
}

const operationsRead = 200;

export function createRecoveryBoard(context: RecoveryBoardContext): RecoveryBoard {
  const { environment, journal, authority, database, queue } = context;
  const regions = toRegions(environment).map(({ name }) => name);
  const { handover } = database;
  const runner = createSwitchRunner({ ...context, handover, regions, backups: database.backups });

  const look = (region: string) => {
    // A throwaway server is in nobody's way.
    const running = journal.running().filter(({ kind }) => kind !== 'backup-verify');
    const facts = { region, regions, members: handover.members(), running };
    return { ...facts, authority: authority.read(), doors: handover.doors(), copy: database.copy };
  };

  const check = async ({ region, mode }: FailoverQuery) => {
    const facts = look(region);
    if (mode === 'planned') return { ...checkSwitch(facts), loss: null };
    const from = authority.writerRegion();
    const queuedEntries = queue.status().find((status) => status.region === from)?.depth ?? null;
    return checkEmergency({ ...facts, survivors: await handover.survivors(region), queuedEntries });
  };

  const toPlan = (
    mode: RecoveryMode,
    to: string,
    { candidate, checks, isReady, loss }: Pick<RecoveryPlan, 'candidate' | 'checks' | 'isReady' | 'loss'>,
  ): RecoveryPlan => {
    const typicalMs = toTypicalMs(journal.operations(operationsRead), toKind(mode));
    return {
      mode,
      from: authority.writerRegion(),
      to,
      epoch: authority.epoch(),
      writer: handover.members().find(({ isWriter }) => isWriter)?.id ?? null,
      candidate,
      isReady,
      loss,
      checks,
      steps: steps[mode].map(({ name, what }) => ({ name, what, typicalMs: typicalMs(name) })),
      pointOfNoReturn,
    };
  };

  const plan = async (query: FailoverQuery): Promise<RecoveryPlan> => {
    const { region, mode } = query;
    if (!regions.includes(region))
      throw new AlwaysOnError('AON_NOT_FOUND', `There is no region ${region}: ${regions.join(', ')}.`);
    return toPlan(mode, region, await check(query));
  };

  const planRestore = async ({ to: wanted }: RestoreQuery) => {
    const from = authority.writerRegion();
    const region = regions.find((other) => other !== from);
    if (region === undefined)
      throw new AlwaysOnError(
        'AON_NOT_READY',
        'A restore needs a second region: it is made beside a standby there.',
      );
    const repositories = await Promise.all(
      database.backups.regions().map(async (name) => {
        const { backups } = await database.backups.content(name);
        return { region: name, backups };
      }),
    );
    const history = await database.backups.history();
    const facts = { ...look(region), wanted, repositories, history, now: context.now() };
    const { target, seconds, ...rest } = checkRestore(facts);
    const loss = { seconds, bytes: null, queuedEntries: null };
    return { target, plan: toPlan('restore', region, { ...rest, loss }) };
  };

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
      kind: toKind(mode),
      title: toTitle(planned, asked),
      steps: [...steps[mode].map(({ name }) => name), ...(mode === 'emergency' ? [] : [wayBack])],
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
    plan,
    async begin({ region, mode, acceptDataLoss, owner, reason }) {
      const planned = await plan({ region, mode });
      if (planned.isReady && mode === 'emergency')
        requireConsent(acceptDataLoss, 'An emergency may lose what was written last.');
      return start(planned, { owner, reason }, null);
    },
    planRestore: async (query) => (await planRestore(query)).plan,
    async beginRestore({ to, acceptDataLoss, owner, reason }) {
      const { plan: planned, target } = await planRestore({ to });
      if (planned.isReady)
        requireConsent(acceptDataLoss, 'A restore undoes what was written after its target.');
      if (target === null) throw new AlwaysOnError('AON_NOT_READY', describeRefusal(planned));
      const { region, label, time } = target;
      const repository = database.backups.regions().indexOf(region) + 1;
      const safety = { region: planned.from, note: `before a restore to ${to}` };
      return start(planned, { owner, reason, what: to }, { source: { repository, label, time }, safety });
    },
    resume: () => runner.resume(),
  };
}

const steps = { planned: plannedSteps, emergency: emergencySteps, restore: restoreSteps } as const;

const kinds = { planned: 'failover', emergency: 'emergency-failover', restore: 'restore' } as const;

function toKind(mode: RecoveryMode): (typeof switchKinds)[number] {
  return kinds[mode];
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
