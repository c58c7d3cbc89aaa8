import { addRelease, firstEstate, setLive } from '@alwayson/core/estate/estate-record.ts';
import { expect, test } from 'vitest';
import { commitEstate, readEstate, readEstateGeneration } from '../../src/estate/estate-store.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const release = 'abcdef'.padEnd(64, '0');

test('the record is compared and set, and what it holds comes back as it was', () => {
  const records = createSqliteRecords(openMemoryStore(), { mirror: noMirror, now: Date.now });
  expect(readEstate(records)).toEqual({ version: 0, value: firstEstate });
  const record = setLive(
    addRelease({ ...firstEstate, wanted: { 'west-1': 2 } }, release, ['west-1']),
    release,
  );
  commitEstate(records, 0, record);
  expect(readEstate(records)).toEqual({ version: 1, value: record });
  expect(() => commitEstate(records, 0, firstEstate)).toThrow(
    expect.objectContaining({ code: 'AON_GENERATION_OLD' }),
  );
});

test('hosts that hold units of 0.1.0 take those of the new record: its generations go on from there', () => {
  const records = createSqliteRecords(openMemoryStore(), { mirror: noMirror, now: Date.now });
  const before = records.commit('release', records.commit('release', 0, {}), {});
  expect(readEstate(records).value).toEqual(firstEstate);
  commitEstate(records, 0, firstEstate);
  expect(readEstateGeneration(records)).toBeGreaterThan(before);
});
