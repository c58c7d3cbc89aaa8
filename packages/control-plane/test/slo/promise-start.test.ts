import { expect, test } from 'vitest';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createPromiseStart } from '../../src/slo/promise-start.ts';
import { environmentOf } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const environment = { ...environmentOf(), createdAt: '2026-01-01T00:00:00.000Z' };
const createdAt = Date.parse(environment.createdAt);

function createRig() {
  const world = { nowMs: createdAt, broughtUp: false };
  const now = () => world.nowMs;
  const records = createSqliteRecords(openMemoryStore(), { mirror: noMirror, now });
  const open = (isNew: boolean) =>
    createPromiseStart({ environment, records, now, isNew, isBroughtUp: () => world.broughtUp });
  return { world, open };
}

test('the promise begins with the end of the first bring-up, and does not begin anew', () => {
  const { world, open } = createRig();
  const since = open(true);
  expect(since()).toBeNull();
  world.nowMs += 40_000;
  world.broughtUp = true;
  expect(since()).toBe(createdAt + 40_000);
  world.nowMs += 40_000;
  world.broughtUp = false;
  expect(since()).toBe(createdAt + 40_000);
  expect(open(false)()).toBe(createdAt + 40_000);
});

test('where something was brought up before anybody noted it, all time counts', () => {
  const { open } = createRig();
  expect(open(false)()).toBe(createdAt);
});
