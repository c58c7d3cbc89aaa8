import { connectSql, type SqlClient } from '../postgres/sql-client.ts';
import { doorAdministrator, doorConsole } from './door-files.ts';

/** Where a door leads, as PgBouncer itself says: addresses of the servers. */
export interface DoorRoutes {
  write: string | null;
  read: string | null;
}

/** A connection to PgBouncer's own console. */
export async function connectDoor(door: {
  host: string;
  port: number;
  password: string;
  timeoutMs: number;
}): Promise<SqlClient> {
  return connectSql({ ...door, user: doorAdministrator, database: doorConsole });
}

export async function readDoors(client: SqlClient): Promise<DoorRoutes> {
  const rows = await client.query<{ name: string; host: string | null }>('SHOW DATABASES');
  const hostOf = (name: string) => rows.find((row) => row.name === name)?.host ?? null;
  return { write: hostOf('write'), read: hostOf('read') };
}
