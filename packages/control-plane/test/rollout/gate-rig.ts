import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { beginRollout, type RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { type Observation, windowSliceSeconds } from '@alwayson/protocol/observation.ts';
import type { GateResult } from '@alwayson/protocol/releases.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import { onTestFinished } from 'vitest';
import { requestsOf } from '../../../core/test/rollout/gate-world.ts';
import { createGateWatch } from '../../src/rollout/gate-watch.ts';
import { recordingPlacement } from '../api/fixtures.ts';
import { manifest as shop, newRelease, oldRelease } from './gateway-estate.ts';

interface Requests {
  good: number;
  bad: number;
}

/** What tests move. */
export interface GateWorld {
  nowMs: number;
  /** Of each stamp in every two seconds, as its region's gateway sees it; nothing when it is not named. */
  traffic: Record<string, Requests>;
  /** Units of stamps, by id; ready ones when not named. */
  units: Record<string, Partial<UnitStatus>>;
  queueAgeMs: number;
  /** Regions whose observer does not answer. */
  silent: Set<string>;
}

interface Told {
  at: number;
  stamp: string;
  requests: Requests;
}

const rememberedMs = 30_000;
const requestsEveryMs = 2000;
const sliceMs = windowSliceSeconds * 1000;

/** A gate watch over two releases on a clock of its own. Its memory goes through JSON at every look, as the record does. */
export function createGateRig(options: {
  environment: Environment;
  stamps: readonly StampPlan[];
  manifest?: Manifest;
}) {
  const { environment, stamps, manifest = shop } = options;
  const world: GateWorld = { nowMs: 0, traffic: {}, units: {}, queueAgeMs: 0, silent: new Set() };
  const told: Told[] = [];
  const regions = [...new Set(stamps.map(({ region }) => region))];
  const steps = [0.1, 1].map((part) => {
    return { parts: Object.fromEntries(regions.map((region) => [region, part])), bakeSeconds: 10 };
  });
  let state: RolloutState = beginRollout(
    {
      id: 'op-1',
      kind: 'deploy',
      release: newRelease,
      version: '2',
      from: oldRelease,
      fromVersion: '1',
      steps,
      contract: [],
      expectedSeconds: 60,
      placeMs: 30_000,
      requestMs: 10_000,
      holdMs: 60_000,
    },
    0,
  );
  let memory: unknown = null;
  const watch = createGateWatch({
    environment,
    placement: { ...recordingPlacement(), observe: (zone) => observeZone(zone, { world, stamps }) },
    now: () => world.nowMs,
    stamps: () => stamps,
    observations: () =>
      regions.flatMap((region) =>
        world.silent.has(region) ? [] : [observe(region, { world, stamps, told })],
      ),
    queues: () => [toQueue(world)],
    shares: () => null,
    manifestOf: () => manifest,
  });
  onTestFinished(() => watch.close());

  const look = () => {
    const seen = watch.look(memory, state);
    memory = JSON.parse(JSON.stringify(seen.memory));
    return { gate: seen.gate, blindMs: seen.blindMs };
  };
  return {
    world,
    look,
    /** Takes the step: its parts are in force at once, and the bake begins. */
    take(step: number) {
      const parts = steps[step]?.parts ?? {};
      state = { ...state, phase: 'bake', step, parts, since: world.nowMs };
    },
    enter(change: Partial<RolloutState>) {
      state = { ...state, ...change };
    },
    /** Looks once a second for so long, or until the gate says so. */
    run(seconds: number, until?: GateResult['verdict']) {
      const isReached = (verdict?: GateResult['verdict']) => verdict !== undefined && verdict === until;
      let last = look();
      for (let n = 0; n < seconds && !isReached(last.gate?.verdict); n += 1) {
        world.nowMs += 1000;
        if (world.nowMs % requestsEveryMs === 0) {
          for (const [stamp, requests] of Object.entries(world.traffic))
            told.push({ at: world.nowMs - sliceMs, stamp, requests });
        }
        last = look();
      }
      return last;
    },
  };
}

function observe(
  region: string,
  { world, stamps, told }: { world: GateWorld; stamps: readonly StampPlan[]; told: readonly Told[] },
): Observation {
  const at = world.nowMs;
  const own = new Set(stamps.flatMap((stamp) => (stamp.region === region ? [stamp.id] : [])));
  const kept = told.filter((one) => own.has(one.stamp) && one.at >= at - rememberedMs);
  const windows = [...Map.groupBy(kept, ({ stamp }) => stamp)].map(([stamp, all]) => ({
    flow: 'look',
    stamp,
    slices: all.map(({ at: from, requests }) => {
      const { good, bad, latency, sumsMs } = requestsOf('live', requests);
      return { from, to: from + sliceMs, good, bad, latency: [...latency], sumsMs: [...sumsMs] };
    }),
  }));
  const time = new Date(at).toISOString();
  return { region, at: time, countersSince: time, flows: [], probes: [], windows, linesLost: 0 };
}

function observeZone(zone: string, { world, stamps }: { world: GateWorld; stamps: readonly StampPlan[] }) {
  const units = stamps
    .filter((stamp) => stamp.zone === zone)
    .map((stamp): UnitStatus => {
      const { id, release, address } = stamp;
      return {
        id: `${id}-web`,
        kind: 'component',
        component: 'web',
        stamp: id,
        release,
        generation: 1,
        specHash: '',
        address,
        port: stamp.ports['web'] ?? 0,
        state: 'ready',
        pid: 1,
        startedAt: null,
        restarts: 0,
        lastExit: null,
        ...world.units[id],
      };
    });
  const host = { environment: 'test', zone, region: '', pid: 1, startedAt: '', version: 1, units };
  return { zone, contact: 'connected' as const, since: '', host };
}

function toQueue({ nowMs, queueAgeMs }: GateWorld) {
  const oldestAgeAt = new Date(Math.floor(nowMs / 5000) * 5000).toISOString();
  return {
    region: 'west',
    primary: null,
    state: 'healthy' as const,
    copies: 2,
    depth: 0,
    oldestAgeMs: queueAgeMs,
    oldestAgeAt,
  };
}
