import type { AppliedUpTo } from '@alwayson/core/queue/choose-put-back.ts';
import { applicationDatabase } from '@alwayson/engines/postgres/server-files.ts';
import { type SqlClient, withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { KeptStream } from '@alwayson/protocol/queue-content.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';

/** A large queue takes its time. */
const timeoutMs = 30_000;

/** What belongs to the workload beside its tables, kept in the database (`platform/020_kept-state.sql`). Everything throws without a writer. */
export interface KeptState {
  /** JSON texts by name. All of them at once, or none. */
  write(parts: Readonly<Record<string, string>>): Promise<void>;
  /** By name; nothing of what is older than the table. */
  read(): Promise<Map<string, unknown>>;
  /** Up to where the streams of a queue were applied. */
  applied(queue: string): Promise<AppliedUpTo[]>;
  /** From now on nobody can begin with a later entry of these streams, who does not know of the earlier ones. */
  expect(queue: string, streams: readonly KeptStream[]): Promise<void>;
  /** Entries that nobody will apply by himself: a person decides. */
  bury(queue: string, streams: readonly KeptStream[], reason: string): Promise<void>;
}

export function createKeptState(runtime: DatabaseRuntime): KeptState {
  const within = <T>(run: (client: SqlClient) => Promise<T>): Promise<T> => {
    const { writer } = runtime.record.value;
    if (writer === null) throw new AlwaysOnError('AON_DATABASE', 'No server takes writes now.');
    const target = administratorTarget(runtime, writer, timeoutMs);
    return withSql({ ...target, database: applicationDatabase }, run);
  };
  return {
    write: (parts) =>
      within(async (client) => {
        await client.query(
          `INSERT INTO alwayson.kept_state (name, content)
           SELECT name, content::json FROM unnest($1::text[], $2::text[]) AS part (name, content)
           ON CONFLICT (name) DO UPDATE SET content = excluded.content, at = now()`,
          [Object.keys(parts), Object.values(parts)],
        );
      }),
    read: () =>
      within(async (client) => {
        if (!(await hasTable(client, 'kept_state'))) return new Map();
        const rows = await client.query<{ name: string; content: unknown }>(
          'SELECT name, content FROM alwayson.kept_state',
        );
        return new Map(rows.map(({ name, content }) => [name, content]));
      }),
    applied: (queue) =>
      within((client) =>
        client.query<AppliedUpTo>(
          `SELECT shard, incarnation AS run, last_id AS "lastId" FROM alwayson.queue_ledger WHERE queue = $1`,
          [queue],
        ),
      ),
    expect: (queue, streams) =>
      within(async (client) => {
        await client.query(
          `INSERT INTO alwayson.queue_ledger (queue, shard, incarnation, last_id, fence, applied)
           SELECT $1, shard, run, '0-0', 0, 0 FROM unnest($2::integer[], $3::text[]) AS kept (shard, run)
           ON CONFLICT DO NOTHING`,
          [queue, streams.map(({ shard }) => shard), streams.map(({ run }) => run)],
        );
      }),
    bury: (queue, streams, reason) =>
      within(async (client) => {
        for (const stream of streams) await buryStream(client, { queue, stream, reason });
      }),
  };
}

async function hasTable(client: SqlClient, name: string): Promise<boolean> {
  const [row] = await client.query<{ yes: boolean }>('SELECT to_regclass($1) IS NOT NULL AS yes', [
    `alwayson.${name}`,
  ]);
  return row?.yes === true;
}

/** As workers do with what they cannot apply; the fields are those of a producer. */
async function buryStream(
  client: SqlClient,
  { queue, stream, reason }: { queue: string; stream: KeptStream; reason: string },
): Promise<void> {
  const { shard, run, entries } = stream;
  await client.query(
    `INSERT INTO alwayson.dead_letter (queue, shard, incarnation, entry_id, key, type, body, idempotency_key, error, accepted_at)
     SELECT $1, $2, $3, id, coalesce(key, ''), coalesce(type, ''), coalesce(body, ''), idempotency, $4,
       to_timestamp(split_part(id, '-', 1)::float8 / 1000)
     FROM json_to_recordset($5) AS kept (id text, key text, type text, body text, idempotency text)
     ON CONFLICT DO NOTHING`,
    [queue, shard, run, reason, JSON.stringify(entries.map(([id, fields]) => toLetter(id, fields)))],
  );
}

function toLetter(id: string, fields: readonly string[]) {
  // PostgreSQL's text cannot hold NUL.
  const field = (name: string) => {
    const at = fields.findIndex((text, index) => index % 2 === 0 && text === name);
    return at === -1 ? null : fields[at + 1]?.replaceAll('\0', '\uFFFD');
  };
  return { id, key: field('k'), type: field('t'), body: field('b'), idempotency: field('i') };
}
