import { Pool } from 'pg';

const trialMs = 500;
const trialMsMax = 8000;
/** While all doors fail: short, because most often a new writer is about to be there. */
const betweenTrialsMs = 100;
/** When all doors have been failing for almost as long as a call is patient, it is an outage: fail fast instead of queueing up. */
const outageBeforeMs = 1000;
/** Long: a connection is worth most after a quiet while, when everybody comes back at once. */
const idleMs = 600_000;

/** What is known of a door from its use. */
export interface DoorRecord {
  failingSince: number | null;
  /** In a row. */
  failures: number;
  /** When a request tried it last while it was failing. */
  triedAt: number;
  /** Who waits to be told that it works again. */
  readonly waiting: Set<() => void>;
}

/** One way to the database: a URL with a small pool that connects when first needed. */
export interface SqlDoor extends DoorRecord {
  readonly pool: Pool;
}

export interface DoorOptions {
  applicationName: string;
  connectionsMax: number;
  connectTimeoutMs: number;
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
  // A connection that breaks while idle leaves the pool by itself, and one that breaks between two statements fails
  // the next. Without listeners either would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { pool, waiting: new Set(), failingSince: null, failures: 0, triedAt: 0 };
}

export function markWorking(door: DoorRecord): void {
  door.failingSince = null;
  door.failures = 0;
  for (const tell of door.waiting) tell();
}

/** Returns as soon as one of the doors works, or after this time. */
export async function untilOneWorks(doors: readonly DoorRecord[], withinMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs);
  for (const { waiting } of doors) waiting.add(resolve);
  await promise;
  clearTimeout(timer);
  for (const { waiting } of doors) waiting.delete(resolve);
}

export function markFailing(door: DoorRecord, now: number): void {
  door.failingSince ??= now;
  door.failures += 1;
  door.triedAt = now;
}

/**
 * The first door in order that works. One before it that fails is tried by a single request now and then, so that
 * the preferred door is used again soon after it is well. When all fail, the one that was tried longest ago, by one request at a
 * time (`later` for the others): each trial is a new connection with its handshake, and all of them at once would take the
 * processor from what is to become well. After a while it is an `outage`, and who may not try need not wait.
 */
export function chooseDoor<Door extends DoorRecord>(
  doors: readonly Door[],
  { now, patienceMs }: { now: number; patienceMs: number },
): Door | 'later' | 'outage' {
  const works = doors.some((door) => door.failingSince === null);
  const due = works
    ? doors.find((door) => door.failingSince === null || now - door.triedAt >= toTrialMs(door))
    : doors.toSorted((a, b) => a.triedAt - b.triedAt)[0];
  if (due === undefined) return 'outage';
  if (!works) {
    const since = Math.max(...doors.map(({ failingSince }) => failingSince ?? now));
    if (now - since > patienceMs - outageBeforeMs) {
      if (now - due.triedAt < trialMs) return 'outage';
    } else if (doors.some(({ triedAt }) => now - triedAt < betweenTrialsMs)) return 'later';
  }
  if (due.failingSince !== null) due.triedAt = now;
  return due;
}

function toTrialMs({ failures }: DoorRecord): number {
  return Math.min(trialMs * 2 ** (failures - 1), trialMsMax);
}
