import type { SqlConnection } from '@alwayson/sdk/sql.ts';
import type { DeleteEntry } from './queue-entries.ts';

/** Remembers ids so that a later copy of the write that made them has no effect. */
export async function markDeleted(
  transaction: SqlConnection,
  entries: readonly DeleteEntry[],
): Promise<void> {
  await transaction.query(
    'INSERT INTO deleted_entry (id) SELECT unnest($1::uuid[]) ORDER BY 1 ON CONFLICT (id) DO NOTHING',
    [entries.map(({ id }) => id)],
  );
}
