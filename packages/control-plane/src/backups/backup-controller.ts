import { decideBackup } from '@alwayson/core/backups/decide-backup.ts';
import type { BackupWork } from '../database/backup-work.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { BackupBoard } from './backup-board.ts';

/** After a start, everything else comes first. */
const quietMs = 300_000;
/** Reading the repositories starts processes. */
const lookEveryMs = 600_000;
const prepareEveryMs = 30_000;

export interface BackupControllerContext extends ControllerContext {
  backups: BackupWork;
  board: BackupBoard;
  isBroughtUp: () => boolean;
  /** Something else is moving the database: it gets the machine for itself. */
  isOtherwiseBusy: () => boolean;
  /** How long nothing is done after a start, ms; five minutes when absent. */
  quietMs?: number;
}

/**
 * Makes the backups that are due and proves them, one thing at a time, in the background: no tick waits for it. A sandbox has those that are
 * ordered, and its log.
 */
export function createBackupController(context: BackupControllerContext): Controller {
  const { backups, board, environment, manifest, isBroughtUp, isOtherwiseBusy, now } = context;
  const isProduction = environment.type === 'production';
  const quietUntil = now() + (context.quietMs ?? quietMs);
  let lookedAt = -Infinity;
  let running: Promise<void> | null = null;
  let preparedFor = '';
  let triedAt = -Infinity;

  /** At once for everybody who begins to write: until then the log waits on the server's disk. */
  const prepare = async (key: string) => {
    triedAt = now();
    await board.prepare();
    preparedFor = key;
  };

  const look = async () => {
    const decision = decideBackup(await board.facts(), manifest.backups, now());
    if (decision.type === 'none' || board.isBusy()) return;
    if (decision.type === 'backup') await board.makeIn(decision.region, decision.kind);
    else await board.verifyIn(decision.region);
    // Perhaps more is due.
    lookedAt = -Infinity;
  };

  /** Failures are told by their operations, and what failed is tried again. */
  const begin = (work: Promise<void>) => {
    running = work
      .catch(() => {})
      .finally(() => {
        running = null;
      });
  };

  return {
    name: 'backups',
    async tick() {
      const writer = backups.writer();
      if (running !== null || !isBroughtUp() || backups.regions().length === 0 || writer === null) return;
      const key = `${writer.member} ${writer.term}`;
      const isDue =
        isProduction && now() - lookedAt >= lookEveryMs && now() >= quietUntil && !isOtherwiseBusy();
      if (key !== preparedFor) {
        if (now() - triedAt >= prepareEveryMs) begin(prepare(key));
      } else if (isDue) {
        lookedAt = now();
        begin(look());
      }
    },
    close: async () => {},
  };
}
