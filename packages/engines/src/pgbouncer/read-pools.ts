import type { SqlClient } from '../postgres/sql-client.ts';

/** How busy a door is, over all of its pools. */
export interface DoorLoad {
  /** Clients that wait for a server connection. */
  waiting: number;
  /** Of them, how long the first has waited; 0 when nobody does. */
  maxWaitMs: number;
}

interface PoolRow {
  cl_waiting: string | number;
  /** Seconds, and what is beyond them. */
  maxwait: string | number;
  maxwait_us: string | number;
}

export async function readPools(console: Pick<SqlClient, 'query'>): Promise<DoorLoad> {
  const rows = await console.query<PoolRow>('SHOW POOLS');
  return rows.reduce<DoorLoad>(
    ({ waiting, maxWaitMs }, row) => ({
      waiting: waiting + Number(row.cl_waiting),
      maxWaitMs: Math.max(maxWaitMs, Number(row.maxwait) * 1000 + Number(row.maxwait_us) / 1000),
    }),
    { waiting: 0, maxWaitMs: 0 },
  );
}
