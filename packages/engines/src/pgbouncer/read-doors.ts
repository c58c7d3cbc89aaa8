/** Where a door leads, as PgBouncer itself says: addresses of the servers. */
export interface DoorRoutes {
  write: string | null;
  read: string | null;
}

/** A connection to PgBouncer's own console: its administrator's, to the database `doorConsole`. */
interface Console {
  query<Row>(text: string): Promise<Row[]>;
}

export async function readDoors(console: Console): Promise<DoorRoutes> {
  const rows = await console.query<{ name: string; host: string | null }>('SHOW DATABASES');
  const hostOf = (name: string) => rows.find((row) => row.name === name)?.host ?? null;
  return { write: hostOf('write'), read: hostOf('read') };
}
