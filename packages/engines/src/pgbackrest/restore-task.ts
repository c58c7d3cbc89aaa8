import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { backupConfiguration, stanza } from './backup-files.ts';
import { renderTarget, type TargetInRepository } from './restore-target.ts';
import { renderThrowaway, type ThrowawayInput } from './throwaway-server.ts';

/** Beside the data folder; `place` puts what is in it into its place. */
const folder = 'restored';

export interface RestoreInput extends ThrowawayInput, TargetInRepository {
  repository: number;
  /** Run in the restored database before it is closed. */
  statement: string;
}

/**
 * Restores a backup beside a server that goes on meanwhile, replays the log up to the target, looks at every page and index entry, and
 * leaves a closed data folder on a timeline of its own. Nothing of it is in any repository yet: a restore that is given up leaves no trace.
 * Its files of the log are marked for archiving, which happens when a server writes with them. Tells `step <name> <ms>` as `verify` does.
 */
export function renderRestore(input: RestoreInput): TaskRequestInput {
  const { program, binDir, repository, database } = input;
  const { options, settings } = renderTarget(input);
  return renderThrowaway(input, {
    folder,
    steps: `
    ${program} --config="$PWD/${backupConfiguration}" --stanza=${stanza} --repo=${repository} ${options} \\
      --target-action=promote --pg1-path="$PWD/${folder}/data" --archive-mode=off --job-retry=0 restore
    told restore
    begin; writable
    told replay
    ${binDir}/pg_amcheck --install-missing --heapallindexed --parent-check -d ${database}
    told check
    ask "$STATEMENT" >/dev/null
    ask CHECKPOINT >/dev/null
    ${binDir}/pg_ctl -D ${folder}/data -m fast -w stop >/dev/null
    : > ${folder}/data/postgresql.auto.conf; touch ${folder}/data/standby.signal
    line=$(LC_ALL=C ${binDir}/pg_controldata -D ${folder}/data | sed -n "s/^Latest checkpoint's TimeLineID: *//p")
    line=$(printf %08X "$line"); last=
    for file in ${folder}/data/pg_wal/$line*; do
      : > "${folder}/data/pg_wal/archive_status/\${file##*/}.ready"
      case $file in *.history) ;; *) last=\${file##*/} ;; esac
    done
    rm -f "${folder}/data/pg_wal/archive_status/$last.ready"
    sync; kept=1
    told close`,
    settings,
    env: { STATEMENT: input.statement },
  });
}

/**
 * From now on nobody starts the server, for its folder is about to be replaced: `marker` is the file that says so. What is interrupted
 * after it is copied anew from the writer.
 */
export function renderAnnounce(marker: string): TaskRequestInput {
  return { command: ['sh', '-ec', `[ -d ${folder}/data ]; : > ${marker}`], timeoutMs: 10_000 };
}

/** Of a stopped server: what was restored takes the place of its data. */
export function renderPlace(marker: string): TaskRequestInput {
  const script = `
    [ -d ${folder}/data ]; rm -rf data.old; mv data data.old; mv ${folder}/data data; sync
    rm -f ${marker}; rm -rf data.old ${folder}`;
  return { command: ['sh', '-ec', script], timeoutMs: 600_000 };
}

/** What was restored is not wanted any more. `marker`: it is in its place already, and the server must not start with it; else null. */
export function renderDiscard(marker: string | null): TaskRequestInput {
  const mark = marker === null ? '' : `: > ${marker}; `;
  return { command: ['sh', '-ec', `${mark}rm -rf ${folder}`], timeoutMs: 600_000 };
}
