import type { RecordsMirror } from '../../src/records/records-mirror.ts';
import { openStore } from '../../src/records/sqlite-store.ts';

export const noMirror: RecordsMirror = { write: () => {}, read: () => [] };

/** A store that lives as long as the test. */
export function openMemoryStore() {
  return openStore(':memory:', noMirror, Date.now).database;
}
