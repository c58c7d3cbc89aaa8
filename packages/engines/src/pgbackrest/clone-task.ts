import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { stanza } from './backup-files.ts';
import { renderTarget, type TargetInRepository } from './restore-target.ts';
import { renderThrowaway, type ThrowawayInput } from './throwaway-server.ts';

const folder = 'cloned';

export interface CloneInput extends ThrowawayInput, TargetInRepository {
  /** The other environment's repository: its folder, and what it is encrypted with. `password` is the user's as in the backup. */
  source: { repository: string; cipherPass: string };
  /** What the roles have from now on: of the environment whose first data this becomes. */
  roles: readonly { name: string; password: string }[];
  /** SQL that is run in the restored database before anybody sees it; empty for none. It may hold several statements. */
  mask: string;
  /** Run in the restored database after that. */
  statement: string;
}

/**
 * Makes the first data folder of an environment out of another's backup. It appears as `data` only when it is whole, masked and closed;
 * the other's repository is read and never written. Tells `step <name> <ms>` as `verify` does.
 */
export function renderClone(input: CloneInput): TaskRequestInput {
  const { program, binDir, source, mask, database } = input;
  const { options, settings } = renderTarget(input);
  const roles = input.roles.map(({ name, password }) => `ALTER ROLE ${name} PASSWORD '${password}';`);
  const task = renderThrowaway(input, {
    folder,
    steps: `
    cat > ${folder}/mask.sql
    export PGBACKREST_LOCK_PATH="$PWD/${folder}/lock" PGBACKREST_LOG_LEVEL_FILE=off PGBACKREST_LOG_LEVEL_CONSOLE=warn
    ${program} --no-config --stanza=${stanza} --repo=1 ${options} --target-action=promote \\
      --pg1-path="$PWD/${folder}/data" --archive-mode=off --job-retry=0 restore
    told restore
    begin; writable
    told replay
    ${binDir}/psql -XAq -v ON_ERROR_STOP=1 --single-transaction -d ${database} -f ${folder}/mask.sql >/dev/null
    told mask
    ask "$STATEMENT" >/dev/null
    ${binDir}/psql -XAq -v ON_ERROR_STOP=1 --single-transaction -d ${database} -c "$ROLES" >/dev/null
    ${binDir}/pg_ctl -D ${folder}/data -m fast -w stop >/dev/null
    : > ${folder}/data/postgresql.auto.conf
    sync; rm -rf data; mv ${folder}/data data; sync
    told close`,
    settings,
    env: {
      PGBACKREST_REPO1_PATH: source.repository,
      PGBACKREST_REPO1_CIPHER_TYPE: 'aes-256-cbc',
      PGBACKREST_REPO1_CIPHER_PASS: source.cipherPass,
      STATEMENT: input.statement,
      ROLES: `SET log_min_error_statement = panic; ${roles.join(' ')}`,
    },
  });
  return { ...task, stdin: mask, gentle: false };
}
