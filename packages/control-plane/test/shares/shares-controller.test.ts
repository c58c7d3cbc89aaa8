import type { Observation } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { expect, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createSharesController } from '../../src/shares/shares-controller.ts';
import { recordingPlacement } from '../api/fixtures.ts';
import { contactOf, createWorld, environment, manifest, observeZone } from '../health/health-world.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const sliceMs = 1000;

/** A shares controller on real records and a real journal; every gateway is asked for so many requests a second of each flow. */
function createRig() {
  const world = createWorld();
  const store = openMemoryStore();
  const now = () => world.nowMs;
  const journal = createSqliteJournal(store, now);
  const records = createSqliteRecords(store, { mirror: noMirror, now });
  const rates = { list: 10, comment: 10 };
  let nudges = 0;
  const start = () =>
    createSharesController({
      environment,
      manifest,
      placement: recordingPlacement(),
      records,
      journal,
      now,
      intent: 'test',
      nudge: () => (nudges += 1),
      facts: () => ({
        manifest,
        stamps: world.stamps,
        zone: (name) => observeZone(world, name),
        contact: (id) => contactOf(world, id),
        verdict: () => null,
        switches: { stamps: new Map(), regions: new Map(), held: [] } as never,
        reports: new Map(),
        observations: ['west', 'east'].map((region) => observationOf(region, world.nowMs, rates)),
        now: world.nowMs,
      }),
    });
  return {
    world,
    rates,
    start,
    nudges: () => nudges,
    async run(shares: ReturnType<typeof start>, seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        world.nowMs += sliceMs;
        await shares.tick(new AbortController().signal);
      }
    },
    refusals: () => journal.events({ limit: 1000 }).filter(({ type }) => type === 'shares.refused'),
  };
}

/** Half of it refused already: the stamp of what no stamp was asked is empty. */
function observationOf(region: string, nowMs: number, rates: Record<string, number>): Observation {
  const latency = latencyBoundsMs.map(() => 0).concat(0);
  const windows = Object.entries(rates).flatMap(([flow, rate]) =>
    ['', `${region}-1-abcdef`].map((stamp) => ({
      flow,
      stamp,
      slices: Array.from({ length: 10 }, (_, index) => {
        const from = nowMs - (10 - index) * sliceMs;
        const counts = stamp === '' ? { good: 0, bad: rate / 2 } : { good: rate / 2, bad: 0 };
        return { from, to: from + sliceMs, ...counts, latency };
      }),
    })),
  );
  const at = new Date(nowMs).toISOString();
  return { region, at, countersSince: at, flows: [], probes: [], windows, linesLost: 0 };
}

test('too much demand refuses what is not critical, tells it once, and a new process goes on from there', async () => {
  const rig = createRig();
  const shares = rig.start();
  expect(shares.routing()).toBeNull();
  await rig.run(shares, 30);
  expect(shares.routing()).toMatchObject({ shed: [] });
  // Four stamps of 250: what is refused already is asked for all the same.
  Object.assign(rig.rates, { list: 400, comment: 200 });
  const before = rig.nudges();
  await rig.run(shares, 60);
  const shed = shares.routing()?.shed;
  expect(shed).toEqual([{ flow: 'comment', part: expect.any(Number) }]);
  expect(shed?.[0]?.part).toBeGreaterThanOrEqual(0.5);
  expect(shares.report()).toMatchObject({ demand: expect.closeTo(1200, -2) });
  expect(rig.nudges()).toBeGreaterThan(before);
  const told = rig.refusals().map(({ message, severity }) => `${severity}: ${message}`);
  expect(told.at(-1)).toMatch(/^warning: Refused for lack of capacity.*: \d+ % of comment\.$/);
  expect(new Set(told).size).toBe(told.length);

  const next = rig.start();
  expect(next.routing()).toBeNull();
  await rig.run(next, 1);
  expect(next.routing()?.shed).toEqual(shed);

  Object.assign(rig.rates, { list: 40, comment: 20 });
  await rig.run(next, 300);
  expect(next.routing()).toMatchObject({ shed: [] });
  expect(rig.refusals().at(-1)).toMatchObject({ severity: 'info', message: 'No flow is refused any more.' });
});
