import { createBackupBoard } from '../backups/backup-board.ts';
import { createBackupController } from '../backups/backup-controller.ts';
import type { DatabaseController } from '../database/database-controller.ts';
import { createDrillBoard } from './drill-board.ts';
import { startDrillProcess } from './drill-process.ts';
import { createDrillSchedules } from './drill-schedules.ts';
import { createReadinessController, type ReadinessContext } from './readiness-controller.ts';
import { createRegionLossController } from './region-loss-controller.ts';
import { createRecoveryBoard, type RecoveryBoardContext } from './recovery-board.ts';

export type RecoveryContext = Omit<RecoveryBoardContext, 'drills'> &
  ReadinessContext & { database: Pick<DatabaseController, 'backups'> };

/** What lets another region write, and what keeps the data when both are lost. */
export function createRecovery(context: RecoveryContext) {
  const { database, journal } = context;
  const backups = createBackupBoard({ ...context, backups: database.backups });
  const drills = createDrillBoard(context);
  const isOtherwiseBusy = () => journal.running().length > 0;
  const schedule = { backups: database.backups, board: backups, isOtherwiseBusy };
  const drillSchedules = createDrillSchedules({
    ...context,
    isOtherwiseBusy,
    start: (mode, owner) => startDrillProcess(context.environment, mode, owner),
  });
  const recovery = createRecoveryBoard({ ...context, drills });
  return {
    boards: { recovery, backups, drills, drillSchedules },
    controllers: {
      readiness: createReadinessController(context),
      regionLoss: createRegionLossController({ ...context, recovery }),
      backups: createBackupController({ ...context, ...schedule }),
      drillSchedules,
    },
  };
}
