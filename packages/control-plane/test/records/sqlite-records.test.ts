import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createRecordsMirror } from '../../src/records/records-mirror.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { openStore } from '../../src/records/sqlite-store.ts';

const Thing = z.object({ size: z.int() });
let folder: string;
let file: string;
const mirrorFile = () => join(folder, 'records.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alwayson-records-'));
  file = join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As the control plane opens it at every start. */
function open() {
  const mirror = createRecordsMirror(mirrorFile());
  const store = openStore(file, mirror, Date.now);
  return { ...store, records: createSqliteRecords(store.database, { mirror, now: Date.now }) };
}

const oldGeneration = expect.objectContaining({ code: 'AON_GENERATION_OLD' });
const corrupt = expect.objectContaining({ code: 'AON_STATE_CORRUPT' });

test('a record that was never written is the initial one at version 0', () => {
  expect(open().records.read('thing', Thing, { size: 1 })).toEqual({ version: 0, value: { size: 1 } });
});

test('a commit at the expected version wins, the second at the same version is refused', () => {
  const { records } = open();
  expect(records.commit('thing', 0, { size: 2 })).toBe(1);
  expect(() => records.commit('thing', 0, { size: 3 })).toThrow(oldGeneration);
  expect(records.commit('thing', 1, { size: 4 })).toBe(2);
  expect(() => records.commit('thing', 1, { size: 5 })).toThrow(oldGeneration);
  expect(records.read('thing', Thing, { size: 0 })).toEqual({ version: 2, value: { size: 4 } });
});

test('records survive the process', () => {
  const first = open();
  first.records.commit('thing', 0, { size: 7 });
  first.database.close();
  expect(open().records.read('thing', Thing, { size: 0 }).value).toEqual({ size: 7 });
});

test('a record of another shape is told as corrupt, not taken', () => {
  const { records } = open();
  records.commit('thing', 0, { length: 2 });
  expect(() => records.read('thing', Thing, { size: 0 })).toThrow(corrupt);
});

test('a damaged file is set aside, and the records come back from the mirror at their versions', () => {
  const first = open();
  first.records.commit('thing', 0, { size: 1 });
  first.records.commit('thing', 1, { size: 2 });
  first.database.close();
  rmSync(`${file}-wal`, { force: true });
  writeFileSync(file, 'this is no database, however long one reads it'.repeat(100));
  const second = open();
  expect(second.setAside).toContain('state.db.corrupt-');
  expect(second.records.read('thing', Thing, { size: 0 })).toEqual({ version: 2, value: { size: 2 } });
  expect(second.records.commit('thing', 2, { size: 3 })).toBe(3);
});

test('a database that was deleted comes back from the mirror too', () => {
  const first = open();
  first.records.commit('thing', 0, { size: 1 });
  first.database.close();
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith('state.db')))
    rmSync(join(folder, name));
  expect(open().records.read('thing', Thing, { size: 0 })).toEqual({ version: 1, value: { size: 1 } });
});

test('a damaged file without a mirror stops the start: who may write must not be forgotten', () => {
  writeFileSync(file, 'this is no database, however long one reads it'.repeat(100));
  expect(open).toThrow(corrupt);
  // The host starts the control plane again: the refusal must hold, not only be told once.
  expect(open).toThrow(corrupt);
  expect(open).toThrow(corrupt);
  expect(readdirSync(folder).filter((name) => name.startsWith('state.db.corrupt-')).length).toBeGreaterThan(
    0,
  );
});

test('a mirror that is damaged itself does not stop a healthy database', () => {
  const first = open();
  first.records.commit('thing', 0, { size: 1 });
  first.database.close();
  writeFileSync(mirrorFile(), '{ half');
  expect(open().records.read('thing', Thing, { size: 0 }).value).toEqual({ size: 1 });
});
