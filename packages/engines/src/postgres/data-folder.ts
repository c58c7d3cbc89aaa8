import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { repairMarker, replicationUser, superuser } from './server-files.ts';

/** Scripts over a server's data folder, run by its host in the unit's folder. Each may be interrupted and run again. */

const copyDeadlineMs = 3_600_000;

export interface CopySource {
  address: string;
  port: number;
  password: string;
}

/** What a stopped server's data folder holds. `broken`: a repair began and did not end, or its control file is not readable. */
export type DataFolderReport =
  | { kind: 'absent' | 'broken' }
  | { kind: 'primary' | 'standby'; timeline: number };

/** Makes the first data folder of an environment. It appears under its name only when it is whole. */
export function renderInitialise(binDir: string, password: string): TaskRequestInput {
  const script = `
    umask 077; rm -rf data.new; cat > password.tmp; trap 'rm -f password.tmp' EXIT
    ${binDir}/initdb -D data.new -U ${superuser} --pwfile=password.tmp --auth=scram-sha-256 \\
      --encoding=UTF8 --locale=C.UTF-8 --data-checksums
    mv data.new data`;
  return { command: toCommand(script), stdin: `${password}\n`, timeoutMs: 120_000 };
}

export function renderInspect(binDir: string): TaskRequestInput {
  const script = `
    if [ -e ${repairMarker} ]; then echo broken; exit; fi
    if [ ! -d data ]; then echo absent; exit; fi
    if [ -e data/backup_label ]; then echo copied; fi
    LC_ALL=C ${binDir}/pg_controldata -D data || echo damaged`;
  return { command: toCommand(script), timeoutMs: 30_000 };
}

/**
 * Undoes what this folder has beyond the source's history. The marker outlives an interruption: a folder that was rewound
 * half way must never be started. A server that ended in a crash is recovered first, by pg_rewind itself.
 */
export function renderRewind(binDir: string, source: CopySource): TaskRequestInput {
  const script = `
    : > ${repairMarker}; rm -f data/standby.signal
    ${binDir}/pg_rewind --target-pgdata=data --config-file="$PWD/postgresql.conf" \\
      --source-server="host=${source.address} port=${source.port} user=${superuser} dbname=postgres connect_timeout=5"
    touch data/standby.signal; sync data/standby.signal; rm -f ${repairMarker}`;
  return { command: toCommand(script), env: { PGPASSWORD: source.password }, timeoutMs: copyDeadlineMs };
}

/** Replaces the folder by a fresh copy of the source's, which takes its place only when it is whole. */
export function renderRebuild(binDir: string, source: CopySource): TaskRequestInput {
  const script = `
    : > ${repairMarker}; rm -rf data.new
    ${binDir}/pg_basebackup -D data.new --checkpoint=fast --wal-method=stream --status-interval=1 --no-password \\
      -d "host=${source.address} port=${source.port} user=${replicationUser} connect_timeout=5"
    touch data.new/standby.signal; rm -rf data.old
    if [ -d data ]; then mv data data.old; fi
    mv data.new data; rm -f ${repairMarker}; rm -rf data.old`;
  return { command: toCommand(script), env: { PGPASSWORD: source.password }, timeoutMs: copyDeadlineMs };
}

/** Reads the control file of a server, running or not. */
export function renderControlData(binDir: string): TaskRequestInput {
  return { command: toCommand(`LC_ALL=C ${binDir}/pg_controldata -D data`), timeoutMs: 10_000 };
}

export interface ControlData {
  state: string;
  timeline: number;
  /** Where the last checkpoint is; of a server that was shut down in good order, the last thing that it wrote. */
  checkpoint: string;
}

/** The lines of pg_controldata's output that decisions need; null when they are not there. */
export function parseControlData(output: string): ControlData | null {
  const state = /^Database cluster state:\s+(.+)$/m.exec(output)?.[1];
  const timeline = /^Latest checkpoint's TimeLineID:\s+(\d+)$/m.exec(output)?.[1];
  const checkpoint = /^Latest checkpoint location:\s+([0-9A-F]+\/[0-9A-F]+)$/m.exec(output)?.[1];
  if (state === undefined || timeline === undefined || checkpoint === undefined) return null;
  return { state, timeline: Number(timeline), checkpoint };
}

/** Understands the output of `renderInspect`. */
export function parseInspection(output: string): DataFolderReport {
  const word = output.split('\n')[0];
  if (word === 'absent' || word === 'broken') return { kind: word };
  const control = parseControlData(output);
  if (control === null) return { kind: 'broken' };
  // A copy that was never started still carries its source's state.
  const isStandby =
    word === 'copied' || (control.state.includes('recovery') && control.state !== 'in crash recovery');
  return { kind: isStandby ? 'standby' : 'primary', timeline: control.timeline };
}

function toCommand(script: string): string[] {
  return ['sh', '-ec', script];
}
