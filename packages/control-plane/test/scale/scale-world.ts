import {
  addRelease,
  type EstateRecord,
  firstEstate,
  isLeaving,
  setLive,
} from '@alwayson/core/estate/estate-record.ts';
import { toStampId } from '@alwayson/core/estate/stamp-id.ts';
import { planStamps } from '@alwayson/core/estate/stamps.ts';
import { listZones, toRegions } from '@alwayson/core/estate/topology.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { HostStatus } from '@alwayson/protocol/units.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import type { ScaleContext } from '../../src/scale/scale-context.ts';
import { createScaleController } from '../../src/scale/scale-controller.ts';
import { createSwitchesController } from '../../src/switches/switches-controller.ts';
import { recordingPlacement } from '../api/fixtures.ts';
import { environment } from '../health/health-world.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';
import { toReport, toRoutes } from '../routes/obedient-gateways.ts';

const live = 'abcdef'.padEnd(64, '0');
export const idOf = (zone: string, letter = '') => `${zone}-${letter === '' ? '' : `${letter}-`}abcdef`;

/** Scale on real records and a real journal, with an estate and gateways that do at once what they are told, on a clock of its own. */
export function createScaleWorld(scale: Partial<Manifest['scale']> = { max: 3 }) {
  const manifest = Manifest.parse({
    name: 'shop',
    owner: 'team',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [
      { name: 'api', command: ['node', 'api.js'], routes: ['/'], capacity: { requestsPerSecond: 100 } },
      { name: 'worker', command: ['node', 'worker.js'] },
    ],
    flows: [{ name: 'browse', path: ['api'] }],
    scale,
  });
  const world = {
    nowMs: Date.parse('2026-01-01T00:00:00Z'),
    /** By region, in requests per second. */
    demand: {} as Record<string, number>,
    rolloutRunning: false,
    unready: new Set<string>(),
    unhealthy: new Set<string>(),
    lost: new Set<string>(),
    /** Stamps whose processes run. */
    running: new Set<string>(),
    /** Requests that gateways have at a stamp. */
    sessions: new Map<string, number>(),
  };
  const store = openMemoryStore();
  const now = () => world.nowMs;
  const journal = createSqliteJournal(store, now);
  const records = createSqliteRecords(store, { mirror: noMirror, now });
  let record: EstateRecord = {
    ...setLive(addRelease(firstEstate, live, listZones(environment)), live),
    broughtUp: true,
  };
  const stamps = () => planStamps(environment, record, () => manifest);
  const leaving = () => new Set(record.stamps.filter((stamp) => isLeaving(record, stamp)).map(toStampId));
  const placement = {
    ...recordingPlacement(),
    zones: ['west-1'],
    observe: (zone: string) => ({
      zone,
      contact: world.lost.has(zone) ? ('refused' as const) : ('connected' as const),
      since: '',
      host: { units: [...world.running].map((stamp) => ({ id: `${stamp}-api`, stamp })) } as HostStatus,
    }),
  };
  const context = { environment, manifest, placement, records, journal, now };
  const estate: ScaleContext['estate'] = {
    record: () => record,
    change: (next) => (record = next(record)),
    stamps,
    serving: () => stamps().filter(({ id }) => !leaving().has(id)),
    leaving,
    isStampReady: (id) => !world.unready.has(id),
    stampProblem: (id) => (world.unready.has(id) ? `${id} is starting` : null),
    isBroughtUp: () => record.broughtUp,
    needed: () => new Map(),
    firstRelease: () => null,
    liveTree: () => '',
    markBroughtUp: () => {},
  };
  const scaleOf = createScaleController({
    ...context,
    estate,
    releases: { manifest: () => manifest },
    shares: { report: () => toShares(world, stamps()) },
    routes: {
      record: () => toRoutes(stamps(), leaving()),
      reports: () =>
        new Map(
          toRegions(environment).map(({ name }) => [
            name,
            toReport(name, stamps(), { leaving: leaving(), sessions: world.sessions }),
          ]),
        ),
    },
    switches: createSwitchesController({ ...context, stamps }),
    health: { state: (entity) => (world.unhealthy.has(entity) ? 'unhealthy' : 'healthy') },
    stampSignals: { health: () => healthy },
    observerSignals: { observations: () => [toObservation(world.demand)] },
    rolloutRunning: () => world.rolloutRunning,
  });
  return {
    world,
    journal,
    scale: scaleOf,
    counts: () => {
      const counts = Object.fromEntries(listZones(environment).map((zone) => [zone, 0]));
      for (const { zone } of stamps()) counts[zone] = (counts[zone] ?? 0) + 1;
      return counts;
    },
    ids: () => stamps().map(({ id }) => id),
    /** Ticks once a second for so long; operations that have what they wait for go on in between. */
    async run(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        world.nowMs += 1000;
        await scaleOf.tick(new AbortController().signal);
        await new Promise(setImmediate);
      }
    },
    messages: (type: string) =>
      journal.events({ limit: 200 }).flatMap((event) => (event.type === type ? [event.message] : [])),
  };
}

type World = ReturnType<typeof createScaleWorld>['world'];
type Stamps = ReturnType<typeof planStamps>;

const healthy: StampHealth = {
  stamp: '',
  release: '',
  region: '',
  zone: '',
  state: 'healthy',
  lastExecution: '',
  checks: [{ component: 'api', status: 'healthy', durationMs: 1, scope: 'stamp' }],
};

/** Every stamp of a region carries the same part of its demand. */
function toShares({ demand }: World, stamps: Stamps): SharesReport {
  const total = Object.values(demand).reduce((sum, value) => sum + value, 0);
  const inside = (region: string) => stamps.filter((stamp) => stamp.region === region).length;
  return {
    at: '',
    generation: 1,
    since: '',
    blind: false,
    demand: total,
    capacity: stamps.length * 100,
    cause: { kind: 'none', stamps: [], dependencies: [] },
    overflow: 0,
    shed: 0,
    refused: [],
    regions: [],
    stamps: stamps.map(({ id, region, release }) => ({
      id,
      region,
      release,
      class: 'ok',
      since: '',
      share: 0,
      weight: 256,
      capacity: 100,
      demand: (demand[region] ?? 0) / inside(region),
      standing: { kind: 'serving', since: '', factor: 1, strikes: 0 },
    })),
    pools: [],
    detours: [],
    findings: [],
  };
}

function toObservation(demand: Record<string, number>): Observation {
  const good = Object.values(demand).reduce((sum, value) => sum + value, 0) * 60;
  const flows = [{ flow: 'browse', good: 0, bad: 0, clientErrors: 0, recent: { good, bad: 0, p99Ms: null } }];
  return { region: 'west', at: '', countersSince: '', flows, probes: [], linesLost: 0 };
}
