import { Client } from 'pg';

/** A server that is asked to end a connection and does not loses it after this long. */
const goodbyeMs = 500;

export interface SqlTarget {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** For connecting, and for every query. */
  timeoutMs: number;
  /** Settings of the session, by name. */
  settings?: Readonly<Record<string, string>>;
}

/** One connection. A query that fails by time closes it: its answer may still come. */
export interface SqlClient {
  /** `name`: of a question that is asked again and again, so that the server reads and plans it once for each connection. */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>;
  /** Called once when the connection ends other than by `close`. */
  onLost(listener: () => void): void;
  close(): void;
}

/**
 * Why a server did not answer. `refused`: nobody listens. `starting`: it is there and lets nobody in, or cut the
 * connection. `silent`: no answer in time.
 */
export type SqlFailure = 'refused' | 'starting' | 'silent';

export async function connectSql(target: SqlTarget): Promise<SqlClient> {
  const { timeoutMs, settings = {}, ...where } = target;
  const options = Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  const client = new Client({
    ...where,
    ssl: false,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'alwayson',
    ...(options === '' ? {} : { options }),
  });
  const listeners: (() => void)[] = [];
  let open = true;
  const lose = () => {
    if (!open) return;
    open = false;
    client.connection.stream.destroy();
    for (const listener of listeners) listener();
  };
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
  } catch (error) {
    open = false;
    client.connection.stream.destroy();
    throw error;
  }
  return {
    async query<Row>(text: string, values: readonly unknown[] = [], name?: string) {
      try {
        const result = await client.query({
          text,
          values: [...values],
          ...(name === undefined ? {} : { name }),
        });
        return result.rows as Row[];
      } catch (error) {
        if (toSqlFailure(error) === 'silent') lose();
        throw error;
      }
    },
    onLost: (listener) => listeners.push(listener),
    close() {
      if (!open) return;
      open = false;
      void client.end().catch(() => {});
      setTimeout(() => client.connection.stream.destroy(), goodbyeMs).unref();
    },
  };
}

/** Runs something on a connection of its own. */
export async function withSql<T>(target: SqlTarget, run: (client: SqlClient) => Promise<T>): Promise<T> {
  const client = await connectSql(target);
  try {
    return await run(client);
  } finally {
    client.close();
  }
}

export function toSqlFailure(error: unknown): SqlFailure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ECONNREFUSED') return 'refused';
  const isLate = typeof message === 'string' && /timeout/i.test(message) && !isSqlState(code);
  return isLate || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' ? 'silent' : 'starting';
}

function isSqlState(code: unknown): boolean {
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
}
