import type { UnitFile } from '@alwayson/protocol/units.ts';

export const superuser = 'postgres';
export const replicationUser = 'replicator';
export const applicationUser = 'app';
export const applicationDatabase = 'app';

/** A file beside the data folder while its content is being exchanged: whoever asks for a start then, nothing starts. */
export const repairMarker = 'repairing';

/** Nobody has this name: a server that waits for it acknowledges nothing. */
const nobody = 'alwayson-nobody';

export interface ServerFilesInput {
  /** The folder with PostgreSQL's programs. */
  binDir: string;
  /** The name under which this server streams from another; unique in the environment. */
  name: string;
  address: string;
  port: number;
  /** `off` may lose the last moment with the machine; `on` syncs before the answer and waits for the standby, if one is named. */
  synchronousCommit: 'on' | 'off';
  /** What keeps a finished file of the log; null when nothing does. A standby keeps none: whoever writes does. */
  archiveCommand: string | null;
  role:
    | { type: 'primary'; waitFor: string | null }
    | { type: 'standby'; source: { address: string; port: number; password: string }; slot: string };
}

/**
 * A server's files beside its data folder: configuration, access rules and the script that starts it. They live outside the
 * data folder, so that copying or rewinding data never touches them.
 */
export function renderServerFiles(input: ServerFilesInput): UnitFile[] {
  return [
    { path: 'postgresql.conf', content: renderConfiguration(input), mode: 0o600 },
    { path: 'pg_hba.conf', content: renderAccessRules(), mode: 0o600 },
    { path: 'start.sh', content: renderStartScript(input), mode: 0o700 },
  ];
}

/** What `synchronous_standby_names` must say for the writer to wait for this member; empty to wait for none. */
export function renderSynchronousNames(waitFor: string | null): string {
  return waitFor === null ? '' : `FIRST 1 ("${waitFor}")`;
}

function renderConfiguration(input: ServerFilesInput): string {
  return `${fixedSettings}
listen_addresses = ${quote(input.address)}
port = ${input.port}
synchronous_commit = ${input.synchronousCommit}
${renderArchive(input.archiveCommand)}
${renderRole(input)}
`;
}

/** A file of the log is finished at least once a minute while anything is written. */
function renderArchive(command: string | null): string {
  if (command === null) return 'archive_mode = off';
  return `archive_mode = on\narchive_command = ${quote(command)}\narchive_timeout = 60`;
}

/**
 * A standby's file names a synchronous standby that does not exist. It means nothing while it is a standby; should the
 * process behind it be a former primary that nobody could stop yet, it can acknowledge nothing from the reload on.
 */
function renderRole({ name, role }: ServerFilesInput): string {
  if (role.type === 'primary') {
    return `synchronous_standby_names = ${quote(renderSynchronousNames(role.waitFor))}`;
  }
  const { address, port, password } = role.source;
  const conninfo = [
    `host=${address} port=${port} user=${replicationUser} password=${quote(password)}`,
    `application_name=${name} connect_timeout=2 keepalives_idle=2 keepalives_interval=1 keepalives_count=3`,
  ].join(' ');
  return `synchronous_standby_names = ${quote(renderSynchronousNames(nobody))}
primary_conninfo = ${quote(conninfo)}
primary_slot_name = ${quote(role.slot)}`;
}

/** Small, quiet when idle, quick to notice a lost peer. Settings that a standby must not have lower are the same everywhere. */
const fixedSettings = `# Written by AlwaysOn; changes are overwritten.
unix_socket_directories = ''
max_connections = 120
superuser_reserved_connections = 5
password_encryption = scram-sha-256
shared_buffers = 48MB
work_mem = 4MB
maintenance_work_mem = 32MB
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
max_logical_replication_workers = 0
jit = off
wal_level = replica
wal_log_hints = on
hot_standby = on
hot_standby_feedback = on
max_wal_senders = 20
max_replication_slots = 20
wal_keep_size = 128MB
max_slot_wal_keep_size = 1GB
min_wal_size = 32MB
max_wal_size = 512MB
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 200ms
recovery_target_timeline = 'latest'
bgwriter_delay = 1s
autovacuum_naptime = 1min
autovacuum_max_workers = 2
tcp_keepalives_idle = 5
tcp_keepalives_interval = 1
tcp_keepalives_count = 3
tcp_user_timeout = 5s
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] '
log_checkpoints = off
timezone = 'UTC'
log_timezone = 'UTC'`;

/** Members are loopback addresses; every role needs its password. */
function renderAccessRules(): string {
  return `# Written by AlwaysOn; changes are overwritten.
host all ${superuser} 127.0.0.0/8 scram-sha-256
host replication ${replicationUser} 127.0.0.0/8 scram-sha-256
host ${applicationDatabase} ${applicationUser} 127.0.0.0/8 scram-sha-256
`;
}

/**
 * The role is part of how the server starts: whoever asks for a start, a server that is not the writer starts as a standby.
 * SIGHUP is ignored until PostgreSQL handles it: a reload during the start must not end it.
 */
function renderStartScript({ binDir, role }: ServerFilesInput): string {
  const asStandby = role.type === 'standby' ? '[ ! -d "$1/data" ] || touch "$1/data/standby.signal"\n' : '';
  return `#!/bin/sh
trap '' HUP
if [ -e "$1/${repairMarker}" ]; then echo 'The data folder is being repaired.'; exit 1; fi
${asStandby}exec ${binDir}/postgres -D "$1/data" -c config_file="$1/postgresql.conf" -c hba_file="$1/pg_hba.conf"
`;
}

export const serverCommand: readonly string[] = ['sh', '{dir}/start.sh', '{dir}'];

/** For both a value of postgresql.conf and one inside a connection string: quotes and backslashes are escaped. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
