import { applicationDatabase } from './server-files.ts';
import type { SqlClient } from './sql-client.ts';

interface ServerReplica {
  name: string;
  streaming: boolean;
  sync: boolean;
  /** Not yet confirmed as flushed. */
  lagBytes: number;
  replyAgeMs: number;
  /** How long the last confirmed write took to be flushed there; null when there was none lately. */
  confirmMs: number | null;
}

export interface ServerAnswer {
  inRecovery: boolean;
  /** Null for a standby that does not stream. */
  timeline: number | null;
  /** The address it receives from. */
  streamsFrom: string | null;
  /** The application's database exists. */
  bootstrapped: boolean;
  replicas: ServerReplica[];
  slots: { name: string; lost: boolean }[];
}

/** Everything that decisions need from a server, in one round trip; works on a primary and on a standby. */
const question = `
  SELECT recovering AS "inRecovery",
    CASE WHEN recovering THEN (SELECT received_tli FROM pg_stat_wal_receiver WHERE status = 'streaming')
      ELSE ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int END AS timeline,
    (SELECT sender_host FROM pg_stat_wal_receiver WHERE status = 'streaming') AS "streamsFrom",
    EXISTS (SELECT FROM pg_database WHERE datname = '${applicationDatabase}') AS bootstrapped,
    (SELECT coalesce(json_agg(json_build_object(
        'name', application_name, 'streaming', state = 'streaming', 'sync', sync_state = 'sync',
        'confirmMs', (extract(epoch FROM flush_lag) * 1000)::float8,
        'lagBytes', coalesce(pg_wal_lsn_diff(lsn, flush_lsn), 0)::float8,
        'replyAgeMs', coalesce(extract(epoch FROM clock_timestamp() - reply_time) * 1000, 0)::float8)), '[]')
      FROM pg_stat_replication) AS replicas,
    (SELECT coalesce(json_agg(json_build_object('name', slot_name, 'lost', coalesce(wal_status = 'lost', false))), '[]')
      FROM pg_replication_slots WHERE NOT temporary) AS slots
  FROM (SELECT recovering, CASE WHEN recovering THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn
    FROM pg_is_in_recovery() AS recovering) AS here`;

/** Planning it costs the server more than answering it. */
export async function probeServer(client: SqlClient): Promise<ServerAnswer> {
  const [answer] = await client.query<ServerAnswer>(question, [], 'probe');
  if (answer === undefined) throw new Error('The server answered a probe with nothing.');
  return answer;
}
