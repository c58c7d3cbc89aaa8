import { addRelease, firstEstate } from '@alwayson/core/estate/estate-record.ts';
import { planStamps } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Controller } from '../../src/controller.ts';
import { type Loop, startLoop } from '../../src/loop.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createRoutesController } from '../../src/routes/routes-controller.ts';
import { createSwitchBoard } from '../../src/switches/switch-board.ts';
import { createSwitchesController } from '../../src/switches/switches-controller.ts';
import { environmentOf, recordingPlacement } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const addressOf = (region: number, zone: number) => `127.203.${region}.${zone}`;
export const gatewayAddresses = { west: addressOf(1, 1), east: addressOf(2, 1) };
export const release = 'abcdef0123456789';

const environment: Environment = {
  ...environmentOf(),
  zones: [
    { name: 'witness', region: 'witness', address: '127.203.0.1' },
    ...['west', 'east'].flatMap((region, r) =>
      [1, 2].map((n) => ({ name: `${region}-${n}`, region, address: addressOf(r + 1, n) })),
    ),
  ],
};

const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node', 'api.ts'], routes: ['/'], capacity: { requestsPerSecond: 100 } },
    { name: 'worker', command: ['node', 'worker.ts'] },
  ],
  flows: [{ name: 'browse', path: ['api'] }],
});

/** Facts that a test moves. */
export interface World {
  nowMs: number;
  /** Of the whole workload, in requests per second. */
  demand: number;
  /** State of the api in a stamp; healthy when not named, silent when null. */
  health: Map<string, State | null>;
  release: string;
  /** Regions whose gateway's zone is dead. */
  dead: Set<string>;
}

interface RigOptions {
  database?: ReturnType<typeof openMemoryStore>;
  measuredCapacity?: (stamp: string) => number | undefined;
  inForceWithinMs?: number;
}

/** Everything of the switches on real records and a real routes controller. `database` outlives a rig: a restart is another one on it. */
export function createSwitchRig({ database = openMemoryStore(), ...options }: RigOptions = {}) {
  const world: World = {
    nowMs: Date.parse('2026-01-01T00:00:00Z'),
    demand: 0,
    health: new Map(),
    release,
    dead: new Set(),
  };
  const now = () => world.nowMs;
  const journal = createSqliteJournal(database, now);
  const records = createSqliteRecords(database, { mirror: noMirror, now });
  const placement = {
    ...recordingPlacement(),
    observe: (zone: string) => ({
      zone,
      contact: world.dead.has(zone.slice(0, -2)) ? ('refused' as const) : ('connected' as const),
      since: '',
      host: null,
    }),
  };
  const context = { environment, manifest, placement, records, journal, now };
  const zones = toRegions(environment).flatMap((region) => region.zones.map(({ name }) => name));
  const stamps = () => planStamps(environment, addRelease(firstEstate, world.release, zones), () => manifest);
  const switches = createSwitchesController({ ...context, stamps });
  const weights = () => Object.fromEntries(stamps().map(({ id }) => [id, 256]));
  const routing = () => ({ weights: weights(), pools: [], detours: [], shed: [] });
  const routes = createRoutesController({ ...context, stamps, switches, epoch: () => 1, routing });
  let loop: Loop | undefined;
  const board = createSwitchBoard({
    ...context,
    stamps,
    switches,
    routes,
    stampSignals: { health: (stamp) => toHealth(world.health.get(stamp)) },
    observerSignals: { observations: () => [toObservation(world.demand)] },
    ...options,
    nudge: () => loop?.nudge(),
  });
  return {
    world,
    environment,
    journal,
    switches,
    routes,
    board,
    /** Drives the controllers until the test ends. */
    start(controllers: readonly Controller[] = [switches, routes]) {
      const started = startLoop(controllers, { journal, now });
      loop = started;
      onTestFinished(() => started.close());
    },
    versionOf: (record: string) => records.read(record, z.unknown(), null).version,
    eventTypes: () => journal.events({ limit: 100 }).map(({ type }) => type),
  };
}

function toHealth(state: State | null = 'healthy'): StampHealth | null {
  if (state === null) return null;
  const checks: StampHealth['checks'] = [{ component: 'api', status: state, durationMs: 1, scope: 'stamp' }];
  return { stamp: '', release, region: '', zone: '', state, lastExecution: '', checks };
}

function toObservation(requestsPerSecond: number): Observation {
  const recent = { good: requestsPerSecond * 60, bad: 0, p99Ms: null };
  const flows = [{ flow: 'browse', good: 0, bad: 0, clientErrors: 0, recent }];
  return { region: 'west', at: '', countersSince: '', flows, probes: [], linesLost: 0 };
}
