/** Where a door leads, as PgBouncer itself says: addresses of the servers. */
export interface DoorRoutes {
  /** Writes wait at the door. */
  held: boolean;
  write: string | null;
  read: string | null;
}

/** A connection to PgBouncer's own console: its administrator's, to the database `doorConsole`. */
interface Console {
  query<Row>(text: string): Promise<Row[]>;
}

interface Row {
  name: string;
  host: string | null;
  /** 1 while it is. */
  paused: string | number;
}

export async function readDoors(console: Console): Promise<DoorRoutes> {
  const rows = await console.query<Row>('SHOW DATABASES');
  const rowOf = (name: string) => rows.find((row) => row.name === name);
  const hostOf = (name: string) => rowOf(name)?.host ?? null;
  return { held: Number(rowOf('write')?.paused ?? 0) !== 0, write: hostOf('write'), read: hostOf('read') };
}
