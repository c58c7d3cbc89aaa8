import { type BackupFacts, findBackupTrouble } from '@alwayson/core/backups/decide-backup.ts';
import type { RepositoryContent } from '@alwayson/engines/pgbackrest/parse-info.ts';
import type { Backup, BackupRequest, BackupsReport, VerifyRequest } from '@alwayson/protocol/backups.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type { ControllerContext } from '../controller.ts';
import type { BackupWork } from '../database/backup-work.ts';
import { createBackupRecord } from './backup-record.ts';
import { BackupRuns } from './backup-runs.ts';
import { type RegionContent, toBackupFacts } from './to-backup-facts.ts';

export interface BackupBoardContext extends ControllerContext {
  backups: BackupWork;
}

/** Where backups are made, looked at and proven. What operators ask for is answered at once; AON_OPERATION_RUNNING while something is done. */
export interface BackupBoard {
  report(): Promise<BackupsReport>;
  /** A backup in every region. */
  create(request: BackupRequest): Operation;
  verify(request: VerifyRequest): Operation;
  /** Makes the repositories ready, so that the log can be archived; nothing happens when they are. */
  prepare(): Promise<void>;
  /** For the schedule: each returns when it has ended, and throws what it met. */
  makeIn(region: string, type: 'full' | 'incr'): Promise<void>;
  verifyIn(region: string): Promise<void>;
  /** Reads the repositories anew. */
  facts(): Promise<BackupFacts>;
  isBusy(): boolean;
}

export function createBackupBoard(context: BackupBoardContext): BackupBoard {
  const { backups, environment, records, manifest, now } = context;
  // A sandbox promises none.
  const isKept = environment.type === 'production';
  const record = createBackupRecord(records);
  const runs = new BackupRuns({ ...context, record });
  const readAll = async (): Promise<RegionContent[]> => {
    await runs.prepare();
    return Promise.all(
      backups.regions().map(async (region) => ({ region, content: await backups.content(region) })),
    );
  };
  const toFacts = (found: readonly RegionContent[]) =>
    toBackupFacts(found, { verifications: record.verifications(), failedAt: runs.failedAt });
  const quietly = (running: Promise<void>) => void running.catch(() => undefined);

  return {
    isBusy: () => runs.isBusy,
    prepare: () => runs.prepare(),
    facts: async () => toFacts(await readAll()),
    async report() {
      const { retentionDays } = manifest.backups;
      const verifications = [...record.verifications()];
      if (backups.regions().length === 0) return { ...nothing, verifications, retentionDays };
      const found = await readAll();
      const { lastAt, lastFailedAt } = await backups.archived();
      return {
        trouble: isKept ? findBackupTrouble(toFacts(found), manifest.backups, now()) : null,
        backups: found.flatMap(toBackups).toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)),
        archive: { lastAt: toTime(lastAt), lastFailedAt: toTime(lastFailedAt) },
        verifications,
        retentionDays,
      };
    },
    create({ note, owner }) {
      const regions = backups.regions();
      const title = `Back up the database, for ${owner}${note === undefined ? '' : `: ${note}`}`;
      const handle = runs.begin('backup', title, ['prepare', ...regions]);
      quietly(runs.make(handle, { regions, type: 'incr', note: note ?? null }));
      return handle.read();
    },
    verify({ region = backups.regions().at(-1) ?? '', label, owner }) {
      const title = `Restore and read ${label ?? 'the newest backup'} of ${region}, for ${owner}`;
      const handle = runs.begin('backup-verify', title, ['verify']);
      quietly(runs.verify(handle, { region, label: label ?? null }));
      return handle.read();
    },
    makeIn(region, type) {
      const handle = runs.begin('backup', `Back up the database in ${region}`, ['prepare', region]);
      return runs.make(handle, { regions: [region], type, note: null });
    },
    verifyIn(region) {
      const handle = runs.begin('backup-verify', `Restore and read the newest backup of ${region}`, [
        'verify',
      ]);
      return runs.verify(handle, { region, label: null });
    },
  };
}

const nothing = {
  trouble: 'this environment is older than backups',
  backups: [],
  archive: { lastAt: null, lastFailedAt: null },
};

function toBackups({ region, content }: { region: string; content: RepositoryContent }): Backup[] {
  return content.backups.map(({ startedAt, endedAt, ...backup }) => ({
    ...backup,
    region,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
  }));
}

function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
