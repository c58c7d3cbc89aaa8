import type { TaskRequestInput } from '@alwayson/protocol/units.ts';

const deadlineMs = 3_600_000;

export interface ThrowawayInput {
  /** pgBackRest, and the folder of PostgreSQL's programs, absolute. */
  program: string;
  binDir: string;
  /** Where it listens; nobody else may. */
  address: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export interface ThrowawayUse {
  folder: string;
  steps: string;
  /** Lines of its configuration, beside its own. */
  settings?: readonly string[];
  env?: Record<string, string>;
}

/**
 * A script around a server in a folder of its own, beside the one that lends its place. It archives nothing. Steps may say `told <name>`
 * when one is done, `begin` to start the server on `<folder>/data`, `writable` to wait until it has replayed everything, and
 * `ask <statement>`. The server ends with the script, and the folder goes, unless `kept=1`.
 */
export function renderThrowaway(
  { binDir, address, port, user, password, database }: ThrowawayInput,
  { folder, steps, settings = [], env = {} }: ThrowawayUse,
): TaskRequestInput {
  const script = `
    ask() { ${binDir}/psql -XAt -v ON_ERROR_STOP=1 -d ${database} -c "$1"; }
    ended() { ${binDir}/pg_ctl -D ${folder}/data -m immediate stop >/dev/null 2>&1 || true; [ "$kept" = 1 ] || rm -rf ${folder}; }
    now() { date +%s%3N; }
    told() { echo "step $1 $(( $(now) - began ))"; began=$(now); }
    failed() { tail -n 20 ${folder}/log >&2; exit 1; }
    begin() {
      printf '%s\\n' "listen_addresses = '${address}'" 'port = ${port}' "unix_socket_directories = ''" 'max_connections = 120' \\
        'max_worker_processes = 4' 'max_wal_senders = 20' 'shared_buffers = 32MB' 'archive_mode = off' 'fsync = off' \\
        'wal_keep_size = 128MB' 'hot_standby = on'${settings.map((line) => ` "${line}"`).join('')} > ${folder}/postgresql.conf
      ${binDir}/pg_ctl -D ${folder}/data -w -t 1800 -l ${folder}/log start \\
        -o "-c config_file=$PWD/${folder}/postgresql.conf -c hba_file=$PWD/pg_hba.conf" >/dev/null || failed
    }
    writable() {
      while [ "$(ask 'SELECT pg_is_in_recovery()')" != f ]; do
        ${binDir}/pg_ctl -D ${folder}/data status >/dev/null || failed
        sleep 0.1
      done
    }
    kept=; ended; trap ended EXIT; umask 077; mkdir ${folder}
    began=$(now)${steps}`;
  return {
    command: ['sh', '-ec', script],
    env: { PGHOST: address, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, ...env },
    timeoutMs: deadlineMs,
    gentle: true,
  };
}

/** Understands what such a script tells: how long each step took. */
export function parseSteps(output: string): { name: string; ms: number }[] {
  return [...output.matchAll(/^step (\w+) (\d+)$/gm)].map(([, name = '', ms]) => ({ name, ms: Number(ms) }));
}
