import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { coarseBucketSeconds, TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { openHistoryDatabase } from '../../src/observer/history-database.ts';
import { createHistoryKeeper, type HistoryKeeper } from '../../src/observer/history-keeper.ts';
import { createHistoryReader } from '../../src/observer/history-reader.ts';
import { createHistoryUpkeep } from '../../src/observer/history-upkeep.ts';
import { createHistoryWriter } from '../../src/observer/history-writer.ts';
import { readRange } from '../../src/observer/history-range.ts';
import type { KeptBucket } from '../../src/observer/traffic-buckets.ts';
import { toRequest } from './line.ts';

let folder: string;
let file: string;
const said: string[] = [];
const startMs = 1_790_000_000_000;
const start = startMs / 1000;
const day = 86_400;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alwayson-history-'));
  file = join(folder, 'history.db');
  said.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const log = (message: string) => void said.push(message);
const open = (nowMs = startMs) =>
  createHistoryKeeper({ file, region: 'west', retentionDays: 30, log, nowMs });
const saveAt = (keeper: HistoryKeeper, nowMs: number) => keeper.save(keeper.counters, nowMs);
const add = (keeper: HistoryKeeper, nowMs: number, change: Parameters<typeof toRequest>[1] = {}) => {
  keeper.coverage.addLine({ atMs: change.at ?? nowMs, isUser: true }, nowMs);
  keeper.add(toRequest(nowMs, change), nowMs);
};
const toBucket = (at: number, change: Partial<KeptBucket> = {}): KeptBucket => {
  const latency = Array.from({ length: 14 }, (_, index) => (index === 2 ? 1 : 0));
  return { at, flow: 'browse', stamp: 'west-1-aaaaaa', cause: 'ok', latency, ...change };
};
const countOf = (buckets: readonly { latency: readonly number[] }[]) =>
  buckets.flatMap(({ latency }) => latency).reduce((sum, count) => sum + count, 0);

test('requests are kept by slice, flow, stamp, release and cause; a late one is added to the slice it arrived in', () => {
  const keeper = open();
  keeper.coverage.listen(startMs);
  for (let index = 0; index < 5; index += 1) add(keeper, startMs + 1000);
  add(keeper, startMs + 2000, { status: 500, totalMs: 700 });
  keeper.coverage.addProbe({ flow: 'browse', ok: false, atMs: startMs + 3000 });
  saveAt(keeper, startMs + 10_500);
  // Took 12 s: its slice was written before it ended.
  add(keeper, startMs + 21_000, { at: startMs + 9000, totalMs: 12_000, status: 504, termination: 'sH' });
  saveAt(keeper, startMs + 30_500);
  const history = TrafficHistory.parse(keeper.read(start, start + 100));
  expect(history.to).toBe(start + 30);
  const told = history.buckets.map(({ at, release, cause, latency }) => [
    at - start,
    release,
    cause,
    latency,
  ]);
  expect(told).toEqual([
    [0, 'aaaaaa', 'ok', [0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [0, 'aaaaaa', 'timeout', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    [0, 'aaaaaa', 'upstream-error', [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]],
  ]);
  expect(history.coverage).toEqual([
    {
      at: start,
      region: 'west',
      complete: true,
      linesLost: 0,
      requests: 7,
      unanswered: 0,
      probes: { browse: { good: 0, bad: 1 } },
    },
    // Nothing was heard of the gateway.
    { at: start + 10, region: 'west', complete: false, linesLost: 0, requests: 0, unanswered: 0, probes: {} },
    { at: start + 20, region: 'west', complete: true, linesLost: 0, requests: 0, unanswered: 0, probes: {} },
  ]);
  keeper.close();
});

test('a slice is whole only when all of it was heard: not the first, not one with a gap, not one after the end', () => {
  const keeper = open(startMs + 3000);
  keeper.coverage.listen(startMs + 3000);
  for (const second of [4, 14, 24, 34, 44]) add(keeper, startMs + second * 1000);
  saveAt(keeper, startMs + 20_500);
  keeper.coverage.addLoss({ lines: 3, fromMs: startMs + 24_000, toMs: startMs + 34_000 });
  saveAt(keeper, startMs + 50_500);
  keeper.coverage.addLoss({ lines: 1, fromMs: startMs + 19_000, toMs: startMs + 19_500 });
  saveAt(keeper, startMs + 51_000);
  const told = keeper
    .read(start, start + 100)
    .coverage.map(({ complete, linesLost }) => [complete, linesLost]);
  expect(told).toEqual([
    [false, 0],
    // Told whole at first, and then not.
    [false, 1],
    [false, 0],
    [false, 3],
    [true, 0],
  ]);
  keeper.close();
  const later = open(startMs + 55_000);
  later.coverage.listen(startMs + 55_000);
  add(later, startMs + 56_000);
  saveAt(later, startMs + 60_500);
  expect(later.read(start + 40, start + 60).coverage).toMatchObject([
    { complete: true },
    { complete: false, requests: 1 },
  ]);
  later.close();
});

test('old buckets are summed up by five minutes, and sums over whole ones stay exactly the same', () => {
  const bucket = fc.record({
    at: fc.integer({ min: 0, max: 200 }).map((slice) => start + slice * 10),
    flow: fc.constantFrom('browse', 'order'),
    stamp: fc.constantFrom('west-1-aaaaaa', 'west-2-bbbbbb', ''),
    cause: fc.constantFrom('ok', 'timeout', 'shed'),
    latency: fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 14, maxLength: 14 }),
  });
  let run = 0;
  fc.assert(
    fc.property(fc.array(bucket, { maxLength: 60 }), (buckets) => {
      run += 1;
      const database = openHistoryDatabase(`${file}-${run}`, log);
      const write = createHistoryWriter(database);
      for (const entry of buckets) write({ buckets: [entry], slices: [], broken: null, counters: '{}' });
      const read = createHistoryReader(database, 'west');
      const sums = () => sumByWindow(read(start - 600, start + 3000).buckets);
      const before = sums();
      const upkeep = createHistoryUpkeep(database, { retentionDays: 30 });
      for (let step = 0; step < 12; step += 1) upkeep.step((start + 4 * day) * 1000);
      expect(sums()).toEqual(before);
      const times = read(start - 600, start + 3000).buckets.map(({ at }) => at % coarseBucketSeconds);
      expect(new Set(times).size).toBeLessThanOrEqual(1);
      expect(times.every((rest) => rest === 0)).toBe(true);
      database.close();
    }),
    { numRuns: 25 },
  );
});

test('history that is too old or too much makes room, with its coverage', () => {
  const database = openHistoryDatabase(file, log);
  const write = createHistoryWriter(database);
  const slices = Array.from({ length: 12 }, (_, hour) => ({
    at: start + hour * 3600,
    complete: true,
    linesLost: 0,
    requests: 1,
    unanswered: 0,
    probes: new Map([['browse', { good: 1, bad: 0 }]]),
  }));
  write({ buckets: slices.map(({ at }) => toBucket(at)), slices, broken: null, counters: '{}' });
  const read = createHistoryReader(database, 'west');
  const old = createHistoryUpkeep(database, { retentionDays: 1 });
  for (let step = 0; step < 20; step += 1) old.step((start + day + 4 * 3600) * 1000);
  const left = read(start, start + day);
  expect(left.buckets.map(({ at }) => at)).toEqual(left.coverage.map(({ at }) => at));
  expect(left.coverage[0]?.at).toBe(start + 4 * 3600);
  const small = createHistoryUpkeep(database, { retentionDays: 1, bytesMax: 1 });
  small.step((start + day) * 1000);
  expect(read(start, start + day).coverage[0]?.at).toBeGreaterThan(start + 4 * 3600);
  database.close();
});

test('an answer is bounded, and asking on from its end misses nothing and tells nothing twice', () => {
  const keeper = open(startMs + 3 * day * 1000);
  const database = openHistoryDatabase(file, log);
  const write = createHistoryWriter(database);
  const times = Array.from({ length: 300 }, (_, index) => start + index * 600);
  const buckets = times.flatMap((at) =>
    Array.from({ length: 120 }, (_, index) => toBucket(at, { stamp: `west-1-${index}` })),
  );
  write({ buckets, slices: [], broken: null, counters: '{}' });
  const pages: TrafficHistory[] = [];
  const end = start + 2.5 * day;
  for (let from = start; from < end; from = pages.at(-1)?.to ?? end) {
    const page = keeper.read(from, end);
    expect(page.to).toBeGreaterThan(from);
    expect(page.to - from).toBeLessThanOrEqual(day);
    pages.push(page);
  }
  expect(pages.length).toBeGreaterThan(3);
  expect(Math.max(...pages.map((page) => page.buckets.length))).toBeLessThanOrEqual(10_000);
  expect(
    pages
      .flatMap((page) => page.buckets)
      .map(({ at, stamp }) => `${at} ${stamp}`)
      .toSorted(),
  ).toEqual(buckets.map(({ at, stamp }) => `${at} ${stamp}`).toSorted());
  database.close();
  keeper.close();
});

test('a slice with more buckets than an answer may have is told whole', () => {
  const keeper = open(startMs + day * 1000);
  const database = openHistoryDatabase(file, log);
  const buckets = [start + 20, start + 40].flatMap((at) =>
    Array.from({ length: 10_500 }, (_, index) => toBucket(at, { stamp: `west-1-${index}` })),
  );
  createHistoryWriter(database)({ buckets, slices: [], broken: null, counters: '{}' });
  const page = keeper.read(start, start + 3600);
  expect(page.to).toBe(start + 40);
  expect(page.buckets).toHaveLength(10_500);
  expect(keeper.read(page.to, start + 3600)).toMatchObject({ to: start + 3600 });
  database.close();
  keeper.close();
});

test('a damaged file is set aside and said, and history begins anew', async () => {
  const first = open();
  add(first, startMs + 1000);
  saveAt(first, startMs + 10_500);
  first.close();
  await writeFile(file, 'not a database at all'.repeat(100));
  const second = open(startMs + 20_000);
  expect(said).toEqual(['the traffic history was damaged and is set aside; history and counters begin anew']);
  expect(await readdir(folder)).toContain('history.db.corrupt');
  expect(second.read(start, start + 20).buckets).toEqual([]);
  add(second, startMs + 21_000);
  saveAt(second, startMs + 30_500);
  expect(countOf(second.read(start, start + 100).buckets)).toBe(1);
  second.close();
});

test('what a gateway dropped without a word is kept by slice, in a file of before it was counted too', () => {
  const old = openHistoryDatabase(file, log);
  old.exec('ALTER TABLE slice DROP COLUMN unanswered');
  old.exec(`INSERT INTO slice VALUES (${start}, 1, 0, 5)`);
  old.close();
  const keeper = open(startMs + 10_000);
  keeper.coverage.addUnanswered(2, startMs + 11_000);
  saveAt(keeper, startMs + 12_000);
  keeper.coverage.addUnanswered(1, startMs + 13_000);
  keeper.coverage.addUnanswered(0, startMs + 23_000);
  saveAt(keeper, startMs + 30_500);
  const told = TrafficHistory.parse(keeper.read(start, start + 100)).coverage;
  expect(told.map(({ unanswered }) => unanswered)).toEqual([0, 3, 0]);
  expect(said).toEqual([]);
  keeper.close();
});

test('what cannot be written waits, and what can never be written is not told as whole', () => {
  const keeper = open();
  keeper.coverage.listen(startMs);
  const other = openHistoryDatabase(file, log);
  other.exec('BEGIN IMMEDIATE');
  add(keeper, startMs + 1000);
  saveAt(keeper, startMs + 10_500);
  expect(said).toEqual(['the traffic history could not be written']);
  for (let index = 1; index < 20_000; index += 1) add(keeper, startMs + 11_000, { stamp: `west-1-${index}` });
  add(keeper, startMs + 25_000);
  other.exec('ROLLBACK');
  other.close();
  saveAt(keeper, startMs + 30_500);
  const { buckets, coverage } = keeper.read(start, start + 100);
  expect(buckets.map(({ at }) => at - start)).toEqual([20]);
  expect(coverage).toMatchObject([
    { complete: false, requests: 1, linesLost: 0 },
    { complete: false, requests: 19_999, linesLost: 20_000 },
    { complete: true, requests: 1 },
  ]);
  keeper.close();
});

test('a range is two numbers in order', () => {
  expect(readRange({ from: '10', to: '20' })).toEqual({ from: 10, to: 20 });
  for (const query of [
    {},
    { from: '1' },
    { from: '2', to: '2' },
    { from: '-1', to: '5' },
    { from: 'a', to: '5' },
  ])
    expect(() => readRange(query)).toThrow('no range of time');
});

function sumByWindow(buckets: TrafficHistory['buckets']): Record<string, number[]> {
  const sums: Record<string, number[]> = {};
  for (const { at, flow, stamp, cause, latency } of buckets) {
    const key = [at - (at % coarseBucketSeconds), flow, stamp, cause].join(' ');
    const sum = (sums[key] ??= latency.map(() => 0));
    latency.forEach((count, index) => (sum[index] = (sum[index] ?? 0) + count));
  }
  return sums;
}
