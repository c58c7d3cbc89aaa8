import type { Observation, ProbeResult, TrafficWindow } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { iso, lastAt, regions, start, type World } from './health-world.ts';

/** What the observers of a world answer. */
export function observationsOf(world: World): Observation[] {
  return regions
    .filter(({ name }) => !world.unobserved.has(name))
    .map(({ name }) => observationOf(world, name));
}

function observationOf(world: World, region: string): Observation {
  const at = lastAt(world, 5000);
  const probe = (flow: string, key: string, everyMs: number): ProbeResult => {
    const ok = !world.failingProbes.has(key);
    const told = ok ? { status: 200 } : { status: 503, reason: 'HTTP 503' };
    return { flow, at: iso(lastAt(world, everyMs)), ok, durationMs: 3, streak: 3, ...told };
  };
  const windows = world.stamps
    .filter((stamp) => stamp.region === region)
    .flatMap((stamp) => ['list', 'comment'].map((flow) => windowOf(world, flow, stamp.id)));
  const isBad = (flow: string) =>
    world.stamps.reduce((sum, { id }) => sum + (world.errors.get(`${flow} ${id}`) ?? 0), 0) / 2;
  return {
    region,
    at: iso(at),
    countersSince: iso(start),
    flows: ['list', 'comment'].map((flow) => {
      const bad = Math.round(isBad(flow));
      const recent = { good: 200 - bad, bad, p99Ms: 40 };
      return { flow, good: 10_000, bad: 0, clientErrors: 0, recent };
    }),
    probes: [probe('list', 'list', 5000)],
    writeProbes: [probe('comment', 'comment', 30_000)],
    stampProbes: world.stamps
      .filter((stamp) => stamp.region === region)
      .map(({ id }) => ({ ...probe('list', `list ${id}`, 5000), stamp: id })),
    windows: world.errors.size === 0 ? [] : windows,
    linesLost: 0,
  };
}

function windowOf(world: World, flow: string, stamp: string): TrafficWindow {
  const bad = world.errors.get(`${flow} ${stamp}`) ?? 0;
  const latency = Array.from({ length: latencyBoundsMs.length + 1 }, (_, bucket) => (bucket === 3 ? 100 : 0));
  return { flow, stamp, slices: [{ from: 0, to: 1, good: 100 - bad, bad, latency }] };
}
