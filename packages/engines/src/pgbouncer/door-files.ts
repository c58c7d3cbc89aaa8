import type { UnitFile } from '@alwayson/protocol/units.ts';

/** May only ask PgBouncer about itself; no server knows this user. */
export const doorAdministrator = 'alwayson';
/** The database name under which PgBouncer answers questions about itself. */
export const doorConsole = 'pgbouncer';

interface DoorTarget {
  address: string;
  port: number;
}

export interface DoorFilesInput {
  address: string;
  port: number;
  database: string;
  user: string;
  password: string;
  administratorPassword: string;
  /** Where `write` and `read` lead. */
  write: DoorTarget;
  read: DoorTarget;
  /** Server connections at most, for each of the two. */
  poolSizes: { write: number; read: number };
}

/**
 * A PgBouncer that is the door to the database: `write` leads to the writer, `read` to a readable member. Transaction
 * pooling, so nothing of a session may outlive a transaction; named prepared statements in particular do not work.
 */
export function renderDoorFiles(input: DoorFilesInput): UnitFile[] {
  return [
    { path: 'pgbouncer.ini', content: renderConfiguration(input), mode: 0o600 },
    { path: 'userlist.txt', content: renderUsers(input), mode: 0o600 },
  ];
}

function renderConfiguration(input: DoorFilesInput): string {
  const route = (name: 'write' | 'read') =>
    `${name} = host=${input[name].address} port=${input[name].port} dbname=${input.database} pool_size=${input.poolSizes[name]}`;
  return `; Written by AlwaysOn; changes are overwritten.
[databases]
${route('write')}
${route('read')}

[pgbouncer]
listen_addr = ${input.address}
listen_port = ${input.port}
unix_socket_dir =
auth_type = scram-sha-256
; Relative to the folder it runs in, which is the unit's.
auth_file = userlist.txt
admin_users = ${doorAdministrator}
pool_mode = transaction
max_client_conn = 800
; A client waits this long for a server, which is longer than a change of the writer, then learns that there is none.
query_wait_timeout = 8
server_login_retry = 0.1
server_connect_timeout = 1
server_lifetime = 3600
server_idle_timeout = 60
idle_transaction_timeout = 60
client_tls_sslmode = disable
server_tls_sslmode = disable
ignore_startup_parameters = extra_float_digits
tcp_keepalive = 1
tcp_keepidle = 5
tcp_keepintvl = 1
tcp_keepcnt = 3
tcp_user_timeout = 5000
log_connections = 0
log_disconnections = 0
log_stats = 0
`;
}

function renderUsers(input: DoorFilesInput): string {
  const line = (user: string, password: string) => `"${user}" "${password.replaceAll('"', '""')}"\n`;
  return line(input.user, input.password) + line(doorAdministrator, input.administratorPassword);
}
