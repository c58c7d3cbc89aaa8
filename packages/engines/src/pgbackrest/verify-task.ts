import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { backupConfiguration, stanza } from './backup-files.ts';
import { renderThrowaway, type ThrowawayInput } from './throwaway-server.ts';

const folder = 'verify';

export interface VerifyInput extends ThrowawayInput {
  repository: number;
  /** Null for the newest. */
  label: string | null;
}

/**
 * Restores a backup to a throwaway server, replays the log up to its end, looks at every page and every index entry, and reads every row.
 * It writes to no repository: archiving is off. Tells each step as `step <name> <ms>`, and ends with a status other than 0 as soon as anything is wrong.
 */
export function renderVerify(input: VerifyInput): TaskRequestInput {
  const { program, binDir, repository, label, database } = input;
  const set = label === null ? '' : `--set=${label}`;
  return renderThrowaway(input, {
    folder,
    steps: `
    ${program} --config="$PWD/${backupConfiguration}" --stanza=${stanza} --repo=${repository} ${set} --pg1-path="$PWD/${folder}/data" \\
      --archive-mode=off --job-retry=0 restore
    told restore
    begin; writable
    told replay
    ${binDir}/pg_amcheck --install-missing --heapallindexed --parent-check -d ${database}
    told check
    ${binDir}/pg_dump -d ${database} > /dev/null
    told dump`,
  });
}
