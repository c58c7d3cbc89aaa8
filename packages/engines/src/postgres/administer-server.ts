import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import {
  applicationDatabase,
  applicationUser,
  renderSynchronousNames,
  replicationUser,
} from './server-files.ts';
import type { SqlClient } from './sql-client.ts';

/** Sessions of AlwaysOn itself never wait for a standby, and never leave a password in the server's log. */
export const administratorSettings = {
  synchronous_commit: 'local',
  log_min_error_statement: 'panic',
} as const;

const promotionPollMs = 10;
const proofPollMs = 50;
/** Between the moment a session sees a new setting and the moment every process has been told of it. */
const signalMarginMs = 100;

/** Makes a standby writable. Returns when it is; nothing happens on a server that already is. */
export async function promoteServer(client: SqlClient, deadlineMs: number): Promise<void> {
  const isInRecovery = async () => {
    const [row] = await client.query<{ yes: boolean }>('SELECT pg_is_in_recovery() AS yes');
    return row?.yes ?? true;
  };
  if (!(await isInRecovery())) return;
  await client.query('SELECT pg_promote(false)');
  const failure = 'The server is still a standby after it was asked to promote.';
  await waitUntil(async () => !(await isInRecovery()), { pollMs: promotionPollMs, deadlineMs, failure });
}

/** Makes exactly these replication slots exist. A slot whose WAL was lost is made anew. */
export async function reconcileSlots(client: SqlClient, names: readonly string[]): Promise<void> {
  await client.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
     WHERE NOT temporary AND NOT active AND (slot_name <> ALL ($1::text[]) OR wal_status = 'lost')`,
    [names],
  );
  await client.query(
    `SELECT pg_create_physical_replication_slot(wanted, true) FROM unnest($1::text[]) AS wanted
     WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = wanted)`,
    [names],
  );
}

export interface Passwords {
  replication: string;
  application: string;
}

/** Creates roles and the application's database; each only when it is missing, passwords always as given. */
export async function bootstrapServer(client: SqlClient, passwords: Passwords): Promise<void> {
  await ensureRole(client, {
    name: replicationUser,
    options: 'LOGIN REPLICATION',
    password: passwords.replication,
  });
  await ensureRole(client, { name: applicationUser, options: 'LOGIN', password: passwords.application });
  // Bounds that also protect the workload from itself; a session may set its own.
  await client.query(`ALTER ROLE ${applicationUser} SET statement_timeout = '30s'`);
  await client.query(`ALTER ROLE ${applicationUser} SET lock_timeout = '10s'`);
  await client.query(`ALTER ROLE ${applicationUser} SET idle_in_transaction_session_timeout = '60s'`);
  const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [applicationDatabase]);
  if (found.length === 0)
    await client.query(`CREATE DATABASE ${applicationDatabase} OWNER ${applicationUser}`);
}

async function ensureRole(
  client: SqlClient,
  role: { name: string; options: string; password: string },
): Promise<void> {
  const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role.name]);
  const verb = found.length === 0 ? 'CREATE' : 'ALTER';
  const password = `'${role.password.replaceAll("'", "''")}'`;
  await client.query(`${verb} ROLE ${role.name} ${role.options} PASSWORD ${password}`);
}

/**
 * Returns when it is certain that every commit from now on waits for this standby, and that the standby holds every commit
 * acknowledged before. Seeing `sync` is not enough: the flag by which sessions decide to wait is set by the checkpointer
 * when it reads the new configuration, maybe later. A checkpoint that was asked for afterwards ends only when it has.
 */
export async function proveSynchronous(
  client: SqlClient,
  standby: string,
  deadlineMs: number,
): Promise<void> {
  const names = renderSynchronousNames(standby);
  const failure = `${standby} did not become the synchronous standby in time.`;
  const ask = async (condition: string, values: readonly unknown[]) => {
    const rows = await client.query(
      `SELECT FROM pg_stat_replication WHERE application_name = $1 AND ${condition}`,
      [standby, ...values],
    );
    return rows.length > 0;
  };
  await waitUntil(
    () =>
      ask(
        "state = 'streaming' AND sync_state = 'sync' AND current_setting('synchronous_standby_names') = $2",
        [names],
      ),
    { pollMs: proofPollMs, deadlineMs, failure },
  );
  await sleep(signalMarginMs);
  await client.query('CHECKPOINT');
  const [row] = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await waitUntil(() => ask('flush_lsn >= $2::pg_lsn', [row?.lsn]), {
    pollMs: proofPollMs,
    deadlineMs,
    failure,
  });
}

interface WaitOptions {
  pollMs: number;
  deadlineMs: number;
  failure: string;
}

async function waitUntil(
  isTrue: () => Promise<boolean>,
  { pollMs, deadlineMs, failure }: WaitOptions,
): Promise<void> {
  const polls = Math.ceil(deadlineMs / pollMs);
  for (let poll = 0; poll < polls; poll += 1) {
    if (await isTrue()) return;
    await sleep(pollMs);
  }
  throw new AlwaysOnError('AON_DATABASE', failure);
}
