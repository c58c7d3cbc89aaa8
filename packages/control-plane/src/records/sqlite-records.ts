import type { DatabaseSync } from 'node:sqlite';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { z } from 'zod';
import type { Records, Versioned } from './records.ts';
import type { RecordRow, RecordsMirror } from './records-mirror.ts';

interface Row {
  version: number;
  value: string;
}

/** Records in the control plane's SQLite file: one machine, one writer. */
export function createSqliteRecords(
  database: DatabaseSync,
  { mirror, now }: { mirror: RecordsMirror; now: () => number },
): Records {
  const select = database.prepare('SELECT version, value FROM record WHERE name = ?');
  const selectAll = database.prepare('SELECT name, version, value, at FROM record ORDER BY name');
  const insert = database.prepare(
    'INSERT INTO record (name, version, value, at) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING',
  );
  const update = database.prepare(
    'UPDATE record SET version = version + 1, value = ?, at = ? WHERE name = ? AND version = ?',
  );

  const write = (name: string, expected: number, text: string) => {
    const at = new Date(now()).toISOString();
    const { changes } = expected === 0 ? insert.run(name, text, at) : update.run(text, at, name, expected);
    if (changes !== 1) {
      throw new AlwaysOnError(
        'AON_GENERATION_OLD',
        `The record ${name} is no longer at version ${expected}.`,
      );
    }
    mirror.write(selectAll.all() as unknown as RecordRow[]);
  };

  /** What was read last of each record, for the schema it was read with: controllers read the same again each second. */
  const parsedRecords = new Map<string, { schema: z.ZodType; row: Row; value: unknown }>();

  return {
    read<T>(name: string, schema: z.ZodType<T>, initial: T): Versioned<T> {
      const row = select.get(name) as Row | undefined;
      if (row === undefined) return { version: 0, value: initial };
      const known = parsedRecords.get(name);
      if (known?.schema === schema && known.row.version === row.version && known.row.value === row.value)
        return { version: row.version, value: known.value as T };
      const parsed = schema.safeParse(JSON.parse(row.value));
      if (!parsed.success) {
        throw new AlwaysOnError(
          'AON_STATE_CORRUPT',
          `The record ${name} is not readable: ${parsed.error.message}`,
        );
      }
      parsedRecords.set(name, { schema, row, value: deepFreeze(parsed.data) });
      return { version: row.version, value: parsed.data };
    },
    commit<T>(name: string, expected: number, value: T): number {
      database.exec('BEGIN IMMEDIATE');
      try {
        write(name, expected, JSON.stringify(value));
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
      return expected + 1;
    },
  };
}

/** Whoever read it shares it with whoever reads next. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
