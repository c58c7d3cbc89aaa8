import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { QueueContent } from '@alwayson/protocol/queue-content.ts';
import { beforeEach, expect, test, vi } from 'vitest';
import { createStateKeeper, type StateKeeper } from '../../src/backups/state-keeper.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const manifest = Manifest.parse({
  name: 'lab',
  owner: 'nobody',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['true'] }],
  flows: [{ name: 'read', path: ['api'] }],
});
const minuteMs = 60_000;

/** What the database was given, one entry for each time it was written to. */
let written: Readonly<Record<string, string>>[];
let facts: { now: number; epoch: number | null; isBusy: boolean; held: QueueContent; isEastAway: boolean };
let keeper: StateKeeper;
const records = createSqliteRecords(openMemoryStore(), { mirror: noMirror, now: Date.now });

beforeEach(() => {
  written = [];
  facts = {
    now: 0,
    epoch: 1,
    isBusy: false,
    held: { incarnations: [], streams: [], isCut: false },
    isEastAway: false,
  };
  const queueOf = (region: string) => ({
    region,
    async content() {
      if (region === 'east' && facts.isEastAway) throw new Error('nobody answers');
      return facts.held;
    },
    putBack: async () => 0,
  });
  keeper = createStateKeeper({
    manifest,
    records,
    now: () => facts.now,
    queue: { queues: [queueOf('west'), queueOf('east')] },
    state: { write: async (parts) => void written.push(parts) },
    openEpoch: () => facts.epoch,
    isRestoring: () => facts.isBusy,
  });
});

const namesWritten = () => written.map((parts) => Object.keys(parts).toSorted());
const all = ['configuration', 'queue-east', 'queue-west'];

/** A tick, and what it has begun. */
async function tickAt(now: number): Promise<void> {
  facts.now = now;
  await keeper.tick(new AbortController().signal);
  await keeper.close();
}

test('all of it at first, then only what has changed, and nothing when nothing has', async () => {
  await keeper.keep();
  await keeper.keep();
  facts.held = { ...facts.held, incarnations: [{ run: 'a', score: 1 }] };
  await keeper.keep();
  expect(namesWritten()).toEqual([all, ['queue-east', 'queue-west']]);
  expect(JSON.parse(written[1]?.['queue-west'] ?? '')).toEqual(facts.held);
});

test('in another epoch the database may be of another time: all of it again', async () => {
  await keeper.keep();
  facts.epoch = 2;
  await keeper.keep();
  expect(namesWritten()).toEqual([all, all]);
});

test('a queue that cannot be asked stays as it was kept last', async () => {
  facts.isEastAway = true;
  await keeper.keep();
  expect(namesWritten()).toEqual([['configuration', 'queue-west']]);
});

test('each minute while somebody writes, and never while something is restored', async () => {
  await tickAt(minuteMs - 1);
  expect(written).toHaveLength(0);
  facts.isBusy = true;
  await tickAt(minuteMs);
  facts.isBusy = false;
  facts.epoch = null;
  await tickAt(minuteMs + 1);
  expect(written).toHaveLength(0);
  facts.epoch = 1;
  await tickAt(minuteMs + 2);
  await tickAt(minuteMs + 3);
  expect(written).toHaveLength(1);
});

test('what a backup has no state for is no backup', async () => {
  const write = vi.fn(async () => {
    throw new Error('read-only transaction');
  });
  const failing = createStateKeeper({
    manifest,
    records,
    now: () => 0,
    queue: { queues: [] },
    state: { write },
    openEpoch: () => 1,
    isRestoring: () => false,
  });
  await expect(failing.keep()).rejects.toThrow('read-only');
  await expect(failing.keep()).rejects.toThrow('read-only');
  expect(write).toHaveBeenCalledTimes(2);
});
