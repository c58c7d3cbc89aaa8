import { doorAdministrator, doorConsole } from '@alwayson/engines/pgbouncer/door-files.ts';
import { letWritesGo } from '@alwayson/engines/pgbouncer/hold-writes.ts';
import { type DoorRoutes, readDoors } from '@alwayson/engines/pgbouncer/read-doors.ts';
import { type DoorLoad, readPools } from '@alwayson/engines/pgbouncer/read-pools.ts';
import {
  connectSql,
  type SqlClient,
  type SqlFailure,
  toSqlFailure,
} from '@alwayson/engines/postgres/sql-client.ts';

const probeTimeoutMs = 1000;
/** How busy it is, is asked less often. */
const loadEveryMs = 4900;

/** What the last question to a door came to; times are of the clock of the context. */
export interface DoorAnswer {
  at: number;
  kind: 'answered' | SqlFailure;
  /** Writes wait at it. */
  isHeld: boolean;
  /** What was seen last of how busy it is; null while it does not answer. */
  load: (DoorLoad & { at: number }) | null;
}

export interface DoorWatch {
  /** Asks in the background, unless it asks already or asked less than `ageMs` ago. */
  poll(ageMs: number): void;
  /** Asks now and returns where the door leads; null when it does not answer. */
  read(): Promise<DoorRoutes | null>;
  /** Lets writes go on that wait at it. */
  letWritesGo(): Promise<void>;
  /** Silent probes in a row: it takes connections and says nothing. */
  silences(): number;
  /** Null before the first question. */
  answer(): DoorAnswer | null;
  close(): void;
}

export interface DoorWatchContext {
  address: string;
  port: number;
  password: string;
  now: () => number;
}

/** Reads back where one PgBouncer leads, over a connection that is kept. */
export function createDoorWatch({ address, port, password, now }: DoorWatchContext): DoorWatch {
  const target = { host: address, port, password, user: doorAdministrator, database: doorConsole };
  let client: SqlClient | null = null;
  let reading: Promise<DoorRoutes | null> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let silences = 0;
  let answer: DoorAnswer | null = null;
  let closed = false;

  const disconnect = () => {
    client?.close();
    client = null;
  };

  const open = async () => {
    client ??= await connectSql({ ...target, timeoutMs: probeTimeoutMs });
    return client;
  };

  const ask = async (): Promise<DoorRoutes | null> => {
    askedAt = performance.now();
    try {
      const console = await open();
      const routes = await readDoors(console);
      const isDue = now() - (answer?.load?.at ?? Number.NEGATIVE_INFINITY) >= loadEveryMs;
      const load = isDue ? { ...(await readPools(console)), at: now() } : (answer?.load ?? null);
      answer = { at: now(), kind: 'answered', isHeld: routes.held, load };
      silences = 0;
      if (closed) disconnect();
      return routes;
    } catch (error) {
      disconnect();
      const kind = toSqlFailure(error);
      answer = { at: now(), kind, isHeld: false, load: null };
      silences = kind === 'silent' ? silences + 1 : 0;
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
    async letWritesGo() {
      await letWritesGo(await open());
    },
    silences: () => silences,
    answer: () => answer,
    close() {
      closed = true;
      disconnect();
    },
  };
}
