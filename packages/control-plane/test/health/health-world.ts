import { addRelease, firstEstate } from '@alwayson/core/estate/estate-record.ts';
import { planStamps, type StampPlan } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { GatewayReport } from '@alwayson/protocol/routes.ts';
import type { HealthCheck } from '@alwayson/protocol/stamp-health.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { HostResources, UnitState, UnitStatus } from '@alwayson/protocol/units.ts';
import type { DoorFacts } from '../../src/database/database-driver.ts';
import type { HealthFacts } from '../../src/health/health-facts.ts';
import type { StoreAnswer } from '../../src/signals/cache-signals.ts';
import { environmentOf } from '../api/fixtures.ts';

const addressOf = (region: number, zone: number) => `127.206.${region}.${zone}`;

export const environment: Environment = {
  ...environmentOf(),
  zones: [
    { name: 'witness', region: 'witness', address: '127.206.0.1' },
    ...['west', 'east'].flatMap((region, r) =>
      [1, 2].map((n) => ({ name: `${region}-${n}`, region, address: addressOf(r + 1, n) })),
    ),
  ],
};
export const regions = toRegions(environment);
export const zoneNames = regions.flatMap(({ zones }) => zones.map(({ name }) => name));

export const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  gateway: { certificates: [{ host: 'shop.example' }] },
  components: [
    { name: 'api', command: ['node', 'api.ts'], routes: ['/api/'] },
    { name: 'worker', command: ['node', 'worker.ts'] },
  ],
  stores: [
    { name: 'database', kind: 'relational' },
    { name: 'queue', kind: 'queue' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [
    {
      name: 'list',
      criticality: 'high',
      requests: [{ path: '/api/items' }],
      path: ['api', 'cache', 'database'],
      objective: { availability: 99.95, latencyP99Ms: 300 },
      probe: { path: '/api/items' },
    },
    {
      name: 'comment',
      requests: [{ methods: ['POST'], path: '/api/comments' }],
      path: ['api', 'queue'],
      probe: { write: { path: '/api/comments' } },
    },
    {
      name: 'apply',
      kind: 'system',
      path: ['queue', 'worker', 'database'],
      objective: { availability: 99.9, latencyP99Ms: 2000 },
    },
  ],
  dependencies: [
    { from: 'api', to: 'database', kind: 'soft' },
    { from: 'api', to: 'cache', kind: 'soft' },
    { from: 'api', to: 'queue' },
    { from: 'worker', to: 'queue' },
    { from: 'worker', to: 'database' },
  ],
});

export const stamps: readonly StampPlan[] = planStamps(
  environment,
  addRelease(firstEstate, 'abcdef0123456789', zoneNames),
  () => manifest,
);
export const stampIn = (zone: string) => `${zone}-abcdef`;

/** Facts that a test moves; all is well unless told otherwise. */
export interface World {
  nowMs: number;
  broughtUp: boolean;
  stamps: readonly StampPlan[];
  zones: Map<string, 'refused' | 'silent' | 'unknown'>;
  units: Map<string, UnitState>;
  resources: Map<string, Omit<HostResources, 'at'>>;
  /** By stamp. */
  contacts: Map<string, 'refused' | 'silent'>;
  /** By stamp. */
  checks: Map<string, HealthCheck[]>;
  database: Partial<Record<string, Partial<Status['database']['members'][number]>>>;
  queues: Partial<Record<string, Partial<Status['queues'][number]>>>;
  outOfForce: Set<string>;
  /** Regions whose observer does not answer. */
  unobserved: Set<string>;
  /** `<flow>` through the front door, `<flow> <stamp>` at a stamp. */
  failingProbes: Set<string>;
  /** Bad ones of 100 requests in 30 s, by `<flow> <stamp>`. */
  errors: Map<string, number>;
  gray: Set<string>;
  /** Servers of stores that do not answer well, by unit. */
  servers: Map<string, 'refused' | 'silent'>;
  /** How long the first client waits at a door, by unit. */
  waitingMs: Map<string, number>;
  certificates: HealthFacts['certificates'];
  shares: NonNullable<HealthFacts['shares']>;
}

export const start = Date.UTC(2026, 0, 1);

export function createWorld(): World {
  return {
    nowMs: start,
    broughtUp: true,
    stamps,
    zones: new Map(),
    units: new Map(),
    resources: new Map(),
    contacts: new Map(),
    checks: new Map(),
    database: {},
    queues: {},
    outOfForce: new Set(),
    unobserved: new Set(),
    failingProbes: new Set(),
    errors: new Map(),
    gray: new Set(),
    servers: new Map(),
    waitingMs: new Map(),
    certificates: { at: start, days: 60 },
    shares: { stamps: [], refused: [], demand: 120, capacity: 100 },
  };
}

export const record = {
  epoch: 1,
  generation: 3,
  components: [],
  flows: [],
  limits: { requestsPerSecondPerClient: 1, requestBodyBytesMax: 1, requestTimeoutMs: 1 },
  stamps: [],
};

/** What was measured at the last multiple of so many seconds. */
export function lastAt({ nowMs }: World, everyMs: number): number {
  return nowMs - (nowMs % everyMs);
}

export const iso = (ms: number) => new Date(ms).toISOString();

export function observeZone(world: World, zone: string) {
  const contact = world.zones.get(zone) ?? ('connected' as const);
  const unit = (id: string, more: Partial<UnitStatus>): UnitStatus => ({
    id,
    kind: 'component',
    generation: 1,
    specHash: '',
    address: '',
    port: 1,
    pid: 1,
    startedAt: null,
    restarts: 0,
    lastExit: null,
    state: world.units.get(id) ?? 'ready',
    ...more,
  });
  return {
    zone,
    contact,
    since: '',
    host: {
      environment: 'test',
      zone,
      region: '',
      pid: 1,
      startedAt: '',
      version: 1,
      units: unitsOf(world, zone).map(([id, more]) => unit(id, more)),
      resources: {
        at: iso(lastAt(world, 10_000)),
        ...(world.resources.get(zone) ?? { diskUsedRatio: 0.4, descriptorsUsedRatio: 0.01 }),
      },
    },
  };
}

function unitsOf(world: World, zone: string): [string, Partial<UnitStatus>][] {
  if (zone === 'witness') return [['control-plane', {}]];
  const region = zone.slice(0, -2);
  const shared = zone.endsWith('-1')
    ? [`gateway-${region}`, `gateway-agent-${region}`]
    : [`cache-${region}`, `observer-${region}`];
  const stamp = world.stamps.find((candidate) => candidate.zone === zone)?.id ?? 'gone';
  return [
    ...[...shared, `pg-${zone}`, `pgbouncer-${zone}`, `queue-${zone}`].map((id): [string, object] => [
      id,
      {},
    ]),
    [`${stamp}-agent`, { stamp }],
    ...['api', 'worker'].map((component): [string, object] => [
      `${stamp}-${component}`,
      { stamp, component },
    ]),
  ];
}

export function contactOf(world: World, stamp: string): StampContact {
  const zone = world.stamps.find(({ id }) => id === stamp)?.zone ?? '';
  const at = lastAt(world, 2000);
  const lost = world.zones.get(zone);
  const kind = world.contacts.get(stamp) ?? (lost === 'refused' || lost === 'silent' ? lost : 'answered');
  if (kind !== 'answered') return { at, kind };
  const check = (component: string, scope: HealthCheck['scope']): HealthCheck => {
    return { component, status: 'healthy', durationMs: 1, scope };
  };
  const told = world.checks.get(stamp) ?? [];
  const checks = [
    check('api', 'stamp'),
    check('worker', 'stamp'),
    check('database', 'global'),
    check('queue', 'region'),
    check('cache', 'region'),
  ].map((well) => told.find(({ component }) => component === well.component) ?? well);
  const isBroken = checks.some(({ scope, status }) => scope === 'stamp' && status === 'unhealthy');
  const state = isBroken ? 'unhealthy' : told.length > 0 ? 'degraded' : 'healthy';
  const health = { stamp, release: '', region: '', zone, state, lastExecution: '', checks } as const;
  return { at, kind, status: isBroken ? 503 : 200, health: { ...health, checks: [...checks] } };
}

export function databaseOf(world: World): Status['database'] {
  const writer = 'pg-west-1';
  return {
    writer,
    term: 1,
    members: zoneNames.map((zone) => ({
      id: `pg-${zone}`,
      region: zone.slice(0, -2),
      zone,
      role: zone === 'west-1' ? 'primary' : 'standby',
      state: 'healthy',
      sync: zone === 'west-2',
      lagBytes: 0,
      ...world.database[`pg-${zone}`],
    })),
  };
}

export function queuesOf(world: World): Status['queues'] {
  return regions.map(({ name: region }) => ({
    region,
    primary: `queue-${region}-1`,
    state: 'healthy',
    copies: 2,
    depth: 0,
    oldestAgeMs: 0,
    oldestAgeAt: iso(lastAt(world, 5000)),
    memoryUsedRatio: 0.02,
    ...world.queues[region],
  }));
}

export function doorsOf(world: World): DoorFacts[] {
  return zoneNames.map((zone) => {
    const id = `pgbouncer-${zone}`;
    const kind = world.servers.get(id) ?? ('answered' as const);
    const maxWaitMs = world.waitingMs.get(id) ?? 0;
    const load = { waiting: maxWaitMs > 0 ? 3 : 0, maxWaitMs, at: lastAt(world, 5000) };
    const told = { kind, isHeld: false, load: kind === 'answered' ? load : null };
    return { id, zone, answer: { at: lastAt(world, 2000), ...told } };
  });
}

export function cacheOf(world: World, region: string): StoreAnswer {
  return { at: lastAt(world, 5000), kind: world.servers.get(`cache-${region}`) ?? 'answered' };
}

export function reportsOf(world: World): ReadonlyMap<string, GatewayReport | null> {
  return new Map(
    regions.map(({ name }) => [
      name,
      world.zones.has(`${name}-1`)
        ? null
        : {
            region: name,
            seenAt: lastAt(world, 5000),
            epoch: 1,
            generation: 3,
            inForce: !world.outOfForce.has(name),
            haproxy: { running: true, version: null, reloads: 0, pid: 1 },
            servers: [],
            detours: [],
            pool: null,
            shed: [],
          },
    ]),
  );
}
