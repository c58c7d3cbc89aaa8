import type { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { Status, StatusStamp, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import type { UnitKind } from '@alwayson/protocol/words.ts';

/** The default estate as the control plane would tell it: 2 regions x 2 zones and the witness, 37 units, all well. */
const release = '3f9c2a71be04';
const regionNames = ['west', 'east'] as const;

export function createStatus(): Status {
  return {
    workload: 'catalog',
    environment: 'default',
    type: 'sandbox',
    state: 'healthy',
    phase: 'running',
    at: new Date().toISOString(),
    frontDoor: 'http://localhost:8080',
    console: 'http://localhost:8900',
    epoch: 1,
    writerRegion: 'west',
    release,
    regions: regionNames.map((name, index) => ({
      name,
      state: 'healthy',
      zones: [1, 2].map((number) => createZone(name, index + 1, number)),
    })),
    witness: {
      name: 'witness',
      state: 'healthy',
      address: '127.31.0.1',
      hostPid: 4001,
      units: [createUnit('control-plane', 'control-plane', { address: '127.31.0.1', port: 8900 })],
    },
    stamps: regionNames.flatMap((region) =>
      [1, 2].map((number) => createStamp(region, `${region}-${number}`)),
    ),
    database: {
      writer: 'pg-west-1',
      term: 1,
      members: regionNames.flatMap((region) =>
        [1, 2].map((number) => ({
          id: `pg-${region}-${number}`,
          region,
          zone: `${region}-${number}`,
          role: region === 'west' && number === 1 ? ('primary' as const) : ('standby' as const),
          state: 'healthy' as const,
          sync: region === 'west' && number === 2,
          lagBytes: region === 'west' ? 0 : 1536,
        })),
      ),
    },
    queues: regionNames.map((region) => ({
      region,
      primary: `queue-${region}-1`,
      state: 'healthy',
      copies: 2,
      depth: 3,
    })),
    recovery: [],
    gateways: regionNames.map((region) => ({ region, generation: 12, inForce: true, state: 'healthy' })),
    flows: [
      { name: 'list-items', kind: 'user', criticality: 'high', state: 'healthy' },
      { name: 'view-item', kind: 'user', criticality: 'high', state: 'healthy' },
      { name: 'comment', kind: 'user', criticality: 'medium', state: 'healthy' },
      { name: 'rate', kind: 'user', criticality: 'medium', state: 'healthy' },
      { name: 'change-catalog', kind: 'user', criticality: 'low', state: 'healthy' },
      { name: 'apply-writes', kind: 'system', criticality: 'high', state: 'healthy' },
    ],
    operations: [],
  };
}

let nextPid = 5000;

function createUnit(id: string, kind: UnitKind, at: { address: string; port: number }): StatusUnit {
  nextPid += 7;
  return { id, kind, pid: nextPid, ...at, state: 'healthy', process: 'ready', restarts: 0 };
}

function createStamp(region: string, zone: string): StatusStamp {
  const checks: StatusStamp['checks'] = [
    { component: 'web', status: 'healthy', scope: 'instance' },
    { component: 'api', status: 'healthy', scope: 'instance' },
    { component: 'worker', status: 'healthy', scope: 'instance' },
    { component: 'database', status: 'healthy', scope: 'global' },
  ];
  return {
    id: `${zone}-${release.slice(0, 6)}`,
    region,
    zone,
    release,
    state: 'healthy',
    share: 0.5,
    checks,
  };
}

function createZone(region: string, regionNumber: number, number: number): StatusZone {
  const name = `${region}-${number}`;
  const address = `127.31.${regionNumber}.${number}`;
  const unit = (id: string, kind: UnitKind, port: number) => createUnit(id, kind, { address, port });
  const stamp = `${name}-${release.slice(0, 6)}`;
  const components = ['web', 'api', 'worker'].map((component, index) => ({
    ...unit(`${stamp}-${component}`, 'component', 10_001 + index),
    component,
  }));
  const ofStamp = [unit(`${stamp}-agent`, 'stamp-agent', 10_000), ...components];
  const ofFirst = [
    unit(`gateway-${region}`, 'gateway', 8080),
    unit(`gateway-agent-${region}`, 'gateway-agent', 7100),
  ];
  const ofSecond = [
    unit(`cache-${region}`, 'redis-cache', 6380),
    unit(`observer-${region}`, 'observer', 7200),
  ];
  return {
    name,
    state: 'healthy',
    address,
    hostPid: 4000 + regionNumber * 10 + number,
    units: [
      ...(number === 1 ? ofFirst : []),
      unit(`pg-${name}`, 'postgres', 5432),
      unit(`pgbouncer-${name}`, 'pgbouncer', 6432),
      unit(`queue-${name}`, 'redis-queue', 6379),
      ...(number === 2 ? ofSecond : []),
      ...ofStamp.map((each) => ({ ...each, stamp, release })),
    ],
  };
}

/** The status with one unit changed. */
export function withUnit(status: Status, id: string, change: Partial<StatusUnit>): Status {
  const copy = structuredClone(status);
  for (const zone of [...copy.regions.flatMap((region) => region.zones), copy.witness]) {
    const unit = zone.units.find((candidate) => candidate.id === id);
    if (unit !== undefined) return (Object.assign(unit, change), copy);
  }
  throw new Error(`The fixture has no unit ${id}.`);
}

/** Zone west-1 is dead; the database is failing over to pg-west-2, which does not accept writes yet. */
export function withZoneDead(status: Status): Status {
  const copy = structuredClone(status);
  copy.state = 'degraded';
  const west = copy.regions[0];
  const zone = west?.zones[0];
  if (west === undefined || zone === undefined) throw new Error('The fixture has no west-1.');
  west.state = 'degraded';
  Object.assign(zone, { state: 'unhealthy', hostPid: null });
  for (const unit of zone.units) {
    Object.assign(unit, {
      pid: null,
      state: 'unhealthy',
      process: 'exited',
      reason: 'the zone’s host is gone',
    });
  }
  for (const stamp of copy.stamps) {
    if (stamp.zone === zone.name) Object.assign(stamp, { state: 'unhealthy', share: 0 });
    if (stamp.zone === 'west-2') stamp.share = 1;
  }
  const [first, second] = copy.database.members;
  if (first) Object.assign(first, { role: 'unknown', state: 'unhealthy', lagBytes: null });
  if (second)
    Object.assign(second, { state: 'unhealthy', sync: false, lagBytes: null, reason: 'being promoted' });
  copy.database.writer = 'pg-west-2';
  const queue = copy.queues[0];
  if (queue)
    Object.assign(queue, {
      primary: 'queue-west-2',
      copies: 1,
      state: 'degraded',
      reason: 'one copy: the replica is gone',
    });
  const gateway = copy.gateways[0];
  if (gateway) Object.assign(gateway, { state: 'unhealthy', generation: null, inForce: false });
  for (const flow of copy.flows) {
    if (flow.name === 'change-catalog')
      Object.assign(flow, { state: 'unhealthy', reason: 'the database has no writer' });
    if (flow.name === 'apply-writes')
      Object.assign(flow, { state: 'degraded', reason: 'writes wait in the queue' });
  }
  copy.operations = [{ id: failover.id, kind: failover.kind, state: 'running', title: failover.title }];
  return copy;
}

export const failover: Operation = {
  id: 'database-failover-1f00aa31',
  kind: 'database-failover',
  title: 'Fail the database over to pg-west-2',
  state: 'running',
  startedAt: new Date().toISOString(),
  steps: [
    { name: 'fence pg-west-1', state: 'done' },
    { name: 'promote pg-west-2', state: 'running', waitingFor: 'pg-west-2 to accept writes' },
    { name: 'point the SQL door at pg-west-2', state: 'pending' },
    { name: 'let the others follow', state: 'pending' },
  ],
};

const happenings: readonly Omit<Event, 'seq' | 'at'>[] = [
  { severity: 'info', type: 'unit.ready', entity: 'pg-west-1', message: 'Ready after 1.2 s.' },
  { severity: 'info', type: 'route.applied', entity: 'gateway-west', message: 'Generation 12 is in force.' },
  {
    severity: 'warning',
    type: 'unit.exited',
    entity: 'observer-east',
    message: 'Exited with code 1; starts again in 500 ms.',
  },
  {
    severity: 'error',
    type: 'database.writer-lost',
    entity: 'database',
    message: 'The writer pg-west-1 does not answer.',
  },
];

/** `count` events, seq 1 the oldest, one every 7 s until now. */
export function createEvents(count: number): Event[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const happening = happenings[index % happenings.length];
    if (happening === undefined) throw new Error('No happenings.');
    const at = new Date(now - (count - index) * 7_000).toISOString();
    return { ...happening, seq: index + 1, at, message: `${happening.message} [${index + 1}]` };
  });
}
