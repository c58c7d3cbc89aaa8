import { Verification } from '@alwayson/protocol/backups.ts';
import { z } from 'zod';
import type { Records } from '../records/records.ts';

const recordName = 'backups';
const verificationsKept = 30;
/** What was found out about backups and is nowhere else; newest first. */
const Kept = z.object({ verifications: z.array(Verification) });

export interface BackupRecord {
  verifications(): readonly Verification[];
  keep(verification: Verification): void;
}

export function createBackupRecord(records: Records): BackupRecord {
  const read = () => records.read(recordName, Kept, { verifications: [] });
  return {
    verifications: () => read().value.verifications,
    keep(verification) {
      const { version, value } = read();
      const verifications = [verification, ...value.verifications].slice(0, verificationsKept);
      records.commit(recordName, version, { verifications });
    },
  };
}
