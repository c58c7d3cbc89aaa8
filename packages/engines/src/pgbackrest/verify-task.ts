import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { backupConfiguration, stanza } from './backup-files.ts';

/** Beside the data folder of the server that lends its place; gone afterwards, whatever happened. */
const folder = 'verify';
const deadlineMs = 3_600_000;

export interface VerifyInput {
  /** pgBackRest, and the folder of PostgreSQL's programs, absolute. */
  program: string;
  binDir: string;
  /** Where the throwaway server listens; nobody else may. */
  address: string;
  port: number;
  user: string;
  password: string;
  repository: number;
  /** Null for the newest. */
  label: string | null;
  database: string;
}

/**
 * Restores a backup to a throwaway server, replays the log up to its end, looks at every page and every index entry, and reads every row.
 * It writes to no repository: archiving is off. Tells each step as `step <name> <ms>`, and ends with a status other than 0 as soon as anything is wrong.
 */
export function renderVerify(input: VerifyInput): TaskRequestInput {
  const { program, binDir, address, port, repository, label, database } = input;
  const set = label === null ? '' : `--set=${label}`;
  const script = `
    ended() { ${binDir}/pg_ctl -D ${folder}/data -m immediate stop >/dev/null 2>&1 || true; rm -rf ${folder}; }
    ended; trap ended EXIT; umask 077; mkdir ${folder}
    now() { date +%s%3N; }
    told() { echo "step $1 $(( $(now) - began ))"; began=$(now); }
    began=$(now)
    ${program} --config="$PWD/${backupConfiguration}" --stanza=${stanza} --repo=${repository} ${set} --pg1-path="$PWD/${folder}/data" \\
      --archive-mode=off --job-retry=0 restore
    told restore
    printf '%s\\n' "listen_addresses = '${address}'" 'port = ${port}' "unix_socket_directories = ''" 'max_connections = 120' \\
      'max_worker_processes = 4' 'max_wal_senders = 20' 'shared_buffers = 32MB' 'archive_mode = off' 'fsync = off' \\
      'hot_standby = on' > ${folder}/postgresql.conf
    ${binDir}/pg_ctl -D ${folder}/data -w -t 1800 -l ${folder}/log start \\
      -o "-c config_file=$PWD/${folder}/postgresql.conf -c hba_file=$PWD/pg_hba.conf" >/dev/null \\
      || { tail -n 20 ${folder}/log >&2; exit 1; }
    until [ "$(ask 'SELECT pg_is_in_recovery()')" = f ]; do sleep 0.1; done
    told replay
    ${binDir}/pg_amcheck --install-missing --heapallindexed --parent-check -d ${database}
    told check
    ${binDir}/pg_dump -d ${database} > /dev/null
    told dump`;
  const ask = `ask() { ${binDir}/psql -XAt -d ${database} -c "$1"; }`;
  return {
    command: ['sh', '-ec', `${ask}\n${script}`],
    env: { PGHOST: address, PGPORT: String(port), PGUSER: input.user, PGPASSWORD: input.password },
    timeoutMs: deadlineMs,
    gentle: true,
  };
}

/** Understands the output of `renderVerify`: how long each step took. */
export function parseVerify(output: string): { name: string; ms: number }[] {
  return [...output.matchAll(/^step (\w+) (\d+)$/gm)].map(([, name = '', ms]) => ({ name, ms: Number(ms) }));
}
