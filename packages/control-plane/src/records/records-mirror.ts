import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';

const Row = z.object({ name: z.string(), version: z.int(), value: z.string(), at: z.string() });
const Rows = z.array(Row);
export type RecordRow = z.infer<typeof Row>;

/**
 * A second copy of the records in a file of another kind: they say who may write, so one damaged file must not forget it. It is
 * written before the commit it belongs to is done, and whole or not at all (temporary file, fsync, rename).
 */
export interface RecordsMirror {
  write(rows: readonly RecordRow[]): void;
  /** What was written last; empty when there is none or it cannot be read. */
  read(): RecordRow[];
}

export function createRecordsMirror(file: string): RecordsMirror {
  return {
    write(rows) {
      replaceFile(file, JSON.stringify(rows, null, 1));
    },
    read() {
      if (!existsSync(file)) return [];
      try {
        return Rows.parse(JSON.parse(readFileSync(file, 'utf8')));
      } catch {
        return [];
      }
    },
  };
}
