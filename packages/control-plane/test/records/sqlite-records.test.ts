import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { openStore } from '../../src/records/sqlite-store.ts';

const Thing = z.object({ size: z.int() });
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alwayson-records-'));
  file = join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a record that was never written is the initial one at version 0', () => {
  const records = createSqliteRecords(openStore(file, Date.now), Date.now);
  expect(records.read('thing', Thing, { size: 1 })).toEqual({ version: 0, value: { size: 1 } });
});

test('a commit at the expected version wins, the second at the same version is refused', () => {
  const records = createSqliteRecords(openStore(file, Date.now), Date.now);
  expect(records.commit('thing', 0, { size: 2 })).toBe(1);
  expect(() => records.commit('thing', 0, { size: 3 })).toThrow(
    expect.objectContaining({ code: 'AON_GENERATION_OLD' }),
  );
  expect(records.commit('thing', 1, { size: 4 })).toBe(2);
  expect(() => records.commit('thing', 1, { size: 5 })).toThrow(
    expect.objectContaining({ code: 'AON_GENERATION_OLD' }),
  );
  expect(records.read('thing', Thing, { size: 0 })).toEqual({ version: 2, value: { size: 4 } });
});

test('records survive the process', () => {
  const first = openStore(file, Date.now);
  createSqliteRecords(first, Date.now).commit('thing', 0, { size: 7 });
  first.close();
  const records = createSqliteRecords(openStore(file, Date.now), Date.now);
  expect(records.read('thing', Thing, { size: 0 }).value).toEqual({ size: 7 });
});

test('a record of another shape is told as corrupt, not taken', () => {
  const records = createSqliteRecords(openStore(file, Date.now), Date.now);
  records.commit('thing', 0, { length: 2 });
  const reading = () => records.read('thing', Thing, { size: 0 });
  expect(reading).toThrow(expect.objectContaining({ code: 'AON_STATE_CORRUPT' }));
});

test('a damaged file is set aside and told, and the next open starts clean', () => {
  writeFileSync(file, 'this is no database, however long one reads it'.repeat(100));
  expect(() => openStore(file, Date.now)).toThrow(expect.objectContaining({ code: 'AON_STATE_CORRUPT' }));
  expect(readdirSync(folder).filter((name) => name.startsWith('state.db.corrupt-'))).toHaveLength(1);
  expect(() => openStore(file, Date.now)).not.toThrow();
});
