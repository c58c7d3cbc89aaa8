import type { Invariant } from '@alwayson/protocol/backups.ts';
import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { backupConfiguration, stanza } from './backup-files.ts';
import { renderThrowaway, type ThrowawayInput } from './throwaway-server.ts';

const folder = 'verify';

export interface VerifyInput extends ThrowawayInput {
  repository: number;
  /** Null for the newest. */
  label: string | null;
  /** What must hold in the data: `query` returns a row for everything that is wrong. */
  invariants: readonly Invariant[];
}

/**
 * Restores a backup to a throwaway server, replays the log up to its end, looks at every page and every index entry, reads every row, and asks
 * what must hold in the data.
 * It writes to no repository: archiving is off. Tells each step as `step <name> <ms>`, and ends with a status other than 0 as soon as anything is wrong.
 */
export function renderVerify(input: VerifyInput): TaskRequestInput {
  const { program, binDir, repository, label, database, invariants } = input;
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
    told dump
    if [ -n "$INVARIANTS" ]; then
      broken=$(ask "$INVARIANTS")
      [ -z "$broken" ] || { echo "what must hold in the data does not: $broken" >&2; exit 1; }
      told invariants
    fi`,
    env: { INVARIANTS: toQuestion(invariants) },
  });
}

/** One statement that answers with a line for each that does not hold; empty when there is nothing to ask. */
function toQuestion(invariants: VerifyInput['invariants']): string {
  const counts = invariants.map(
    ({ name, query }) =>
      `SELECT '${name}' AS name, count(*) AS wrong FROM (${query.trim().replace(/;$/, '')}\n) AS one`,
  );
  if (counts.length === 0) return '';
  return `SELECT name || ' (' || wrong || ' rows)' FROM (${counts.join(' UNION ALL ')}) AS all_of_them WHERE wrong > 0`;
}
