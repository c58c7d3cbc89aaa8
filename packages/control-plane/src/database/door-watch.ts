import { doorAdministrator, doorConsole } from '@alwayson/engines/pgbouncer/door-files.ts';
import { type DoorRoutes, readDoors } from '@alwayson/engines/pgbouncer/read-doors.ts';
import { connectSql, type SqlClient, toSqlFailure } from '@alwayson/engines/postgres/sql-client.ts';

const probeTimeoutMs = 1000;

export interface DoorWatch {
  /** Asks in the background, unless it asks already or asked less than `ageMs` ago. */
  poll(ageMs: number): void;
  /** Asks now and returns where the door leads; null when it does not answer. */
  read(): Promise<DoorRoutes | null>;
  /** Silent probes in a row: it takes connections and says nothing. */
  silences(): number;
  close(): void;
}

export interface DoorWatchContext {
  address: string;
  port: number;
  password: string;
}

/** Reads back where one PgBouncer leads, over a connection that is kept. */
export function createDoorWatch({ address, port, password }: DoorWatchContext): DoorWatch {
  const target = { host: address, port, password, user: doorAdministrator, database: doorConsole };
  let client: SqlClient | null = null;
  let reading: Promise<DoorRoutes | null> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let silences = 0;
  let closed = false;

  const disconnect = () => {
    client?.close();
    client = null;
  };

  const ask = async (): Promise<DoorRoutes | null> => {
    askedAt = performance.now();
    try {
      client ??= await connectSql({ ...target, timeoutMs: probeTimeoutMs });
      const routes = await readDoors(client);
      silences = 0;
      if (closed) disconnect();
      return routes;
    } catch (error) {
      disconnect();
      silences = toSqlFailure(error) === 'silent' ? silences + 1 : 0;
      return null;
    }
  };

  const read = () => {
    reading ??= ask().finally(() => {
      reading = null;
    });
    return reading;
  };

  return {
    read,
    poll(ageMs) {
      if (performance.now() - askedAt >= ageMs) void read();
    },
    silences: () => silences,
    close() {
      closed = true;
      disconnect();
    },
  };
}
