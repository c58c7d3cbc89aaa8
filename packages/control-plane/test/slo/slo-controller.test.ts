import { createServer, type Server } from 'node:http';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import {
  bucketSeconds,
  type CoverageSlice,
  latencyBoundsMs,
  type TrafficBucket,
} from '@alwayson/protocol/traffic.ts';
import { afterEach, expect, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createSloController } from '../../src/slo/slo-controller.ts';
import { environmentOf, manifestOf, recordingPlacement } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const createdAt = Date.parse('2026-01-01T00:00:00Z');
const regions = ['west', 'east'] as const;
type Region = (typeof regions)[number];
const addressOf = (region: Region) => `127.207.${regions.indexOf(region) + 1}.2`;
const open: Server[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Real observers' answers, by HTTP: ten good requests and one bad in every slice. A page covers ten minutes. */
async function startObserver(region: Region, clock: { nowMs: number }) {
  const asked: [number, number][] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://observer').searchParams;
    const from = Number(query.get('from'));
    // A slice is written half a second after its end.
    const written = Math.floor((clock.nowMs / 1000 - 0.5) / bucketSeconds) * bucketSeconds;
    const to = Math.max(from, Math.min(Number(query.get('to')), from + 600, written));
    asked.push([from, to]);
    const slices = Array.from({ length: (to - from) / bucketSeconds }, (_, n) => from + n * bucketSeconds);
    response.setHeader('content-type', 'application/json');
    // The next rig has its observers at the same addresses: nothing of this one may be used again.
    response.setHeader('connection', 'close');
    response.end(
      JSON.stringify({
        region,
        from,
        to,
        buckets: slices.flatMap((at) => [toBucket(at, 'ok', 10), toBucket(at, 'upstream-error', 1)]),
        coverage: slices.map(
          (at): CoverageSlice => ({ at, region, complete: true, linesLost: 0, requests: 11, probes: {} }),
        ),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(zonePorts.observer, addressOf(region), resolve));
  open.push(server);
  return { asked, server };
}

function toBucket(at: number, cause: TrafficBucket['cause'], count: number): TrafficBucket {
  const latency = [count, ...latencyBoundsMs.map(() => 0)];
  return { at, flow: 'browse', stamp: 'west-1-abcdef', release: 'abcdef', cause, latency };
}

function createRig() {
  const clock = { nowMs: createdAt };
  const dead = new Set<string>();
  const database = openMemoryStore();
  const now = () => clock.nowMs;
  const zones = [
    { name: 'witness', region: 'witness', address: '127.207.0.1' },
    ...regions.flatMap((region) => [
      { name: `${region}-1`, region, address: `${addressOf(region).slice(0, -1)}1` },
      { name: `${region}-2`, region, address: addressOf(region) },
    ]),
  ];
  const placement = {
    ...recordingPlacement(),
    observe: (zone: string) => ({
      zone,
      contact: dead.has(zone) ? ('refused' as const) : ('connected' as const),
      since: '',
      host: null,
    }),
  };
  const controller = createSloController({
    promisedSince: () => createdAt,
    environment: { ...environmentOf(), zones, createdAt: new Date(createdAt).toISOString() },
    manifest: manifestOf(),
    placement,
    records: createSqliteRecords(database, { mirror: noMirror, now }),
    journal: createSqliteJournal(database, now),
    now,
    maintenance: () => [],
    incidentOpen: () => false,
    deploymentRunning: () => false,
  });
  const tick = () => controller.tick(new AbortController().signal);
  const measured = () => controller.report()?.flows[0];
  return { clock, dead, tick, measured };
}

test('histories are read page by page and measured, whenever in a slice the clock stands', async () => {
  for (const offsetMs of [0, 200, 700, 5000, 9900]) {
    const rig = createRig();
    const observers = [await startObserver('west', rig.clock), await startObserver('east', rig.clock)];
    rig.clock.nowMs = createdAt + 3_600_000 + offsetMs;
    await rig.tick();
    // Four pages of ten minutes do not make an hour: the rest comes with the next tick.
    expect(rig.measured()).toBeUndefined();
    rig.clock.nowMs += 10_000;
    await rig.tick();
    const flow = rig.measured();
    expect(flow?.measured).toBeCloseTo(10 / 11, 6);
    expect(flow?.coverage).toBeGreaterThan(0.99);
    expect((flow?.good ?? 0) + (flow?.bad ?? 0)).toBe(flow?.total);
    expect(observers[0]?.asked[1]?.[0]).toBe((observers[0]?.asked[0]?.[1] ?? 0) - 60);
    for (const { server } of observers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    open.length = 0;
  }
});

test('an observer that is away holds up the figures for a minute, and is read up when it is back', async () => {
  const rig = createRig();
  await startObserver('west', rig.clock);
  const east = await startObserver('east', rig.clock);
  const advance = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 10) {
      rig.clock.nowMs += 10_000;
      await rig.tick();
    }
  };
  await advance(600);
  expect(rig.measured()?.coverage).toBeGreaterThan(0.98);
  const before = rig.measured()?.total;
  rig.dead.add('east-2');
  await advance(60);
  expect(rig.measured()?.total).toBe(before);
  await advance(540);
  const gap = rig.measured();
  expect(gap?.coverage).toBeLessThan(0.8);
  expect(gap?.lowerBound).toBeLessThan(gap?.measured ?? 0);
  expect(gap?.measured).toBeCloseTo(10 / 11, 6);
  east.asked.length = 0;
  rig.dead.delete('east-2');
  await advance(30);
  expect(east.asked.length).toBeGreaterThan(0);
  expect(rig.measured()?.coverage).toBeGreaterThan(0.98);
});
