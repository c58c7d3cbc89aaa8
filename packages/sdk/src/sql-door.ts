import { Pool } from 'pg';

/** A door that failed is left alone for this long while another works. */
const suspectMs = 500;
/** After failing for this long, a door gets one trial per `suspectMs` instead of every request. */
const outageAfterMs = 3000;
const idleMs = 30_000;

export interface DoorOptions {
  applicationName: string;
  connectionsMax: number;
  connectTimeoutMs: number;
}

/** One way to the database: a URL with a small pool, and what is known of it from use. Connects when first needed. */
export interface SqlDoor {
  readonly pool: Pool;
  failingSince: number | null;
  /** No request should try it before this, unless there is no other. */
  suspectUntil: number;
}

export function createSqlDoor(url: string, options: DoorOptions): SqlDoor {
  const pool = new Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A connection that breaks while idle leaves the pool by itself, and one that breaks between two statements fails the next.
  // Without listeners either would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { pool, failingSince: null, suspectUntil: 0 };
}

export function markWorking(door: SqlDoor): void {
  door.failingSince = null;
  door.suspectUntil = 0;
}

export function markFailing(door: SqlDoor, now: number): void {
  door.failingSince ??= now;
  door.suspectUntil = now + suspectMs;
}

/**
 * The first door that works, in the order given; else the one whose turn it is. When all have been failing for a while,
 * each gets one trial per half second and everybody else gets `null`: failing fast instead of queueing up.
 */
export function chooseDoor(doors: readonly SqlDoor[], now: number): SqlDoor | null {
  const working = doors.find((door) => door.failingSince === null);
  if (working !== undefined) return working;
  const next = [...doors].sort((a, b) => a.suspectUntil - b.suspectUntil)[0];
  if (next === undefined) return null;
  if (now - (next.failingSince ?? now) > outageAfterMs) {
    if (now < next.suspectUntil) return null;
    next.suspectUntil = now + suspectMs;
  }
  return next;
}
