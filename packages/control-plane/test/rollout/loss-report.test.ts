import { createServer } from 'node:http';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { createHistogram } from '@alwayson/protocol/latency-histogram.ts';
import { bucketSeconds, type TrafficBucket, type TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLossReport } from '../../src/rollout/loss-report.ts';
import { environmentOf } from '../api/fixtures.ts';

const regions = ['west', 'east'] as const;
type Region = (typeof regions)[number];
const addressOf = (region: Region, zone: number) => `127.207.${regions.indexOf(region) + 11}.${zone}`;
const environment = {
  ...environmentOf(),
  zones: [
    { name: 'witness', region: 'witness', address: '127.207.10.1' },
    ...regions.flatMap((region) =>
      [1, 2].map((zone) => ({ name: `${region}-${zone}`, region, address: addressOf(region, zone) })),
    ),
  ],
};

interface World {
  /** Slices are written up to here, in seconds. */
  writtenTo: number;
  /** Slices of which nothing is known. */
  gaps: ReadonlySet<number>;
  lostAt: number;
}

/** An observer's history over HTTP: ten requests of 3 ms in every slice, a page of five slices at a time. */
async function startObserver(region: Region, world: World) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams: query, pathname } = new URL(request.url ?? '', 'http://observer');
    asked.push(`${pathname} ${request.headers.authorization}`);
    const from = Number(query.get('from'));
    const to = Math.max(from, Math.min(Number(query.get('to')), from + 50, world.writtenTo));
    const slices = Array.from({ length: (to - from) / bucketSeconds }, (_, n) => from + n * bucketSeconds);
    const told: TrafficHistory = {
      region,
      from,
      to,
      buckets: slices.flatMap((at) => [
        toBucket(at, 'ok', 10),
        ...(at === world.lostAt ? [toBucket(at, 'no-stamp', 3)] : []),
      ]),
      coverage: slices
        .filter((at) => !world.gaps.has(at))
        .map((at) => ({ at, region, complete: true, linesLost: 0, requests: 10, probes: {} })),
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(zonePorts.observer, addressOf(region, 2), resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return asked;
}

function toBucket(at: number, cause: TrafficBucket['cause'], count: number): TrafficBucket {
  const latency = createHistogram();
  latency[2] = count;
  return { at, flow: 'browse', stamp: 'west-1-abcdef', release: 'abcdef', cause, latency };
}

/** Ended so long ago that everything is written. */
const endedAt = Date.now() - 60_000;
const startedAt = endedAt - 100_000;
const first = Math.floor(startedAt / 10_000) * 10;
const slices = (Math.ceil(endedAt / 10_000) * 10 - first) / bucketSeconds;
const everything = { writtenTo: Number.POSITIVE_INFINITY, gaps: new Set<number>(), lostAt: first + 20 };
const measure = (now = Date.now, signal = AbortSignal.timeout(60_000)) =>
  createLossReport({ environment, now }).measure({ startedAt, endedAt }, null, signal);

test('all pages of all observers come to one report', async () => {
  const asked = [
    await startObserver('west', everything),
    await startObserver('east', { ...everything, lostAt: 0 }),
  ];
  expect(await measure()).toEqual({
    requests: slices * 20 + 3,
    lost: 3,
    longestGapMs: null,
    p50Ms: { before: 3.5, during: 3.5, after: 3.5 },
    p99Ms: { before: expect.closeTo(5, 0), during: expect.closeTo(5, 0), after: expect.closeTo(5, 0) },
    coverage: 1,
  });
  for (const each of asked) {
    expect(new Set(each)).toEqual(new Set(['/history Bearer agents-token']));
    expect(each.length).toBeGreaterThan(2);
  }
});

test('what is not covered and whoever does not answer are missing in the coverage, and nothing else is', async () => {
  await startObserver('west', { ...everything, gaps: new Set([first, first + 10]) });
  // The deadline is over: the dead observer is not waited for.
  const report = await measure(() => endedAt + 60_000);
  expect(report).toMatchObject({ requests: slices * 10 + 3, lost: 3 });
  expect(report.coverage).toBeCloseTo((slices - 2) / (2 * slices), 6);
});

test('slices that are not written yet are waited for', async () => {
  const world = { ...everything, writtenTo: first + 40 };
  const asked = await startObserver('west', world);
  await startObserver('east', everything);
  const now = () => endedAt + 25_000;
  const measured = measure(now);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(3), 10_000);
  world.writtenTo = Number.POSITIVE_INFINITY;
  expect(await measured).toMatchObject({ requests: slices * 20 + 6, coverage: 1 });
});

test('whoever does not want to wait any longer says so', async () => {
  const giving = new AbortController();
  const measured = measure(() => endedAt, giving.signal);
  giving.abort();
  await expect(measured).rejects.toThrow('abort');
});
