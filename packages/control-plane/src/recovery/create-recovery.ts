import { createBackupBoard } from '../backups/backup-board.ts';
import { createBackupController } from '../backups/backup-controller.ts';
import { createStateKeeper, type StateKeeper } from '../backups/state-keeper.ts';
import type { BackupWork } from '../database/backup-work.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import { createDrillBoard } from './drill-board.ts';
import { startDrillProcess } from './drill-process.ts';
import { createDrillSchedules } from './drill-schedules.ts';
import { createReadinessController, type ReadinessContext } from './readiness-controller.ts';
import { createRegionLossController } from './region-loss-controller.ts';
import { switchKinds } from './switch-runner.ts';
import { createRecoveryBoard, type RecoveryBoardContext } from './recovery-board.ts';

export type RecoveryContext = Omit<RecoveryBoardContext, 'drills'> &
  ReadinessContext & { database: Pick<DatabaseController, 'backups' | 'state' | 'writer'> };

/** What lets another region write, and what keeps the data when both are lost. */
export function createRecovery(context: RecoveryContext) {
  const { authority, journal } = context;
  const isOtherwiseBusy = () => journal.running().length > 0;
  const openEpoch = () =>
    authority.read().phase === 'steady' && context.database.writer() !== null ? authority.epoch() : null;
  const isRestoring = () => journal.running().some(({ kind }) => kind === switchKinds.restore);
  const { state } = context.database;
  const stateKeeper = createStateKeeper({ ...context, state, openEpoch, isRestoring });
  const database = { ...context.database, backups: withState(context.database.backups, stateKeeper) };
  const backups = createBackupBoard({ ...context, backups: database.backups });
  const drills = createDrillBoard(context);
  const schedule = { backups: database.backups, board: backups, isOtherwiseBusy };
  const drillSchedules = createDrillSchedules({
    ...context,
    isOtherwiseBusy,
    start: (mode, owner) => startDrillProcess(context.environment, mode, owner),
  });
  const recovery = createRecoveryBoard({ ...context, database, drills });
  return {
    boards: { recovery, backups, drills, drillSchedules },
    controllers: {
      readiness: createReadinessController(context),
      regionLoss: createRegionLossController({ ...context, recovery }),
      backups: createBackupController({ ...context, ...schedule }),
      stateKeeper,
      drillSchedules,
    },
  };
}

/** Every backup has the state of its beginning. */
function withState(backups: BackupWork, { keep }: StateKeeper): BackupWork {
  return {
    ...backups,
    async make(order) {
      await keep();
      await backups.make(order);
    },
  };
}
