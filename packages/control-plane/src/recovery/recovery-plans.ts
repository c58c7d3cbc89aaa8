import { toRegions } from '@alwayson/core/estate/topology.ts';
import { checkEmergency } from '@alwayson/core/recovery/check-emergency.ts';
import { checkRestore } from '@alwayson/core/recovery/check-restore.ts';
import { checkSwitch } from '@alwayson/core/recovery/check-switch.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { FailoverQuery, RecoveryMode, RecoveryPlan, RestoreQuery } from '@alwayson/protocol/recovery.ts';
import type { ControllerContext } from '../controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import type { QueueController } from '../queue/queue-controller.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { AuthorityRegister } from './authority-register.ts';
import type { DrillBoard } from './drill-board.ts';
import { emergencySteps } from './emergency.ts';
import { plannedSteps, pointOfNoReturn } from './planned-switch.ts';
import { restoreSteps } from './restore.ts';
import { switchKinds } from './switch-runner.ts';
import { toTypicalMs } from './typical-phases.ts';

export interface RecoveryPlansContext extends ControllerContext {
  journal: SqliteJournal;
  authority: AuthorityRegister;
  database: Pick<DatabaseController, 'handover' | 'copy' | 'backups' | 'state'>;
  queue: Pick<QueueController, 'status' | 'queues'>;
  drills: Pick<DrillBoard, 'last'>;
}

/** What a change of who writes would do, and whether it may. Nothing here changes anything. */
export interface RecoveryPlans {
  /** Throws AON_NOT_FOUND for a region that does not exist. */
  failover(query: FailoverQuery): Promise<RecoveryPlan>;
  /** Throws AON_NOT_READY where there is no second region. */
  restore(query: RestoreQuery): Promise<RecoveryPlan>;
}

const operationsRead = 200;
export const stepsOf = { planned: plannedSteps, emergency: emergencySteps, restore: restoreSteps } as const;

export function createRecoveryPlans(context: RecoveryPlansContext): RecoveryPlans {
  const { environment, journal, authority, database, queue, drills } = context;
  const { handover } = database;
  const regions = toRegions(environment).map(({ name }) => name);

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
    const typicalMs = toTypicalMs(journal.operations(operationsRead), switchKinds[mode]);
    return {
      mode,
      from: authority.writerRegion(),
      to,
      epoch: authority.epoch(),
      writer: handover.members().find(({ isWriter }) => isWriter)?.id ?? null,
      candidate,
      isReady,
      loss,
      target: null,
      checks,
      steps: stepsOf[mode].map(({ name, what }) => ({ name, what, typicalMs: typicalMs(name) })),
      pointOfNoReturn,
      lastDrill: drills.last(mode),
    };
  };

  return {
    async failover(query) {
      const { region, mode } = query;
      if (!regions.includes(region))
        throw new AlwaysOnError('AON_NOT_FOUND', `There is no region ${region}: ${regions.join(', ')}.`);
      return toPlan(mode, region, await check(query));
    },

    async restore({ to: wanted }) {
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
      return { ...toPlan('restore', region, { ...rest, loss }), target };
    },
  };
}
