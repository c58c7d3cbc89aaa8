import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationFile } from '@alwayson/core/rollout/decide-migrations.ts';

const namePattern = /^\d{3,}_[\w-]+\.sql$/;
const aloneLine = '-- alwayson: no-transaction';

export interface Migration extends MigrationFile {
  sql: string;
  /** Its first line asks to run outside of a transaction. */
  isAlone: boolean;
}

/** The files of a folder that are named `NNN_words.sql`, in the order of their names; none without a folder. */
export async function readMigrations(folder: string | null): Promise<Migration[]> {
  if (folder === null) return [];
  const names = (await readdir(folder)).filter((name) => namePattern.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { name, sql, checksum, isAlone: sql.split('\n', 1)[0]?.trim() === aloneLine };
    }),
  );
}
