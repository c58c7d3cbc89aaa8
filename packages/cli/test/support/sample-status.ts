import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';

export function createUnit(id: string, change: Partial<StatusUnit> = {}): StatusUnit {
  return {
    id,
    kind: 'component',
    pid: 4711,
    address: '127.208.1.1',
    port: 10_001,
    state: 'healthy',
    process: 'ready',
    restarts: 0,
    ...change,
  };
}

function createZone(name: string, units: StatusUnit[]): StatusZone {
  return { name, state: 'healthy', address: '127.208.1.1', hostPid: 42, units };
}

export function createStatus(change: Partial<Status> = {}): Status {
  const units = [
    createUnit('api-1'),
    createUnit('pg-west-1', { process: 'starting', state: 'unknown', reason: 'recovering' }),
  ];
  return {
    workload: 'shop',
    environment: 'main',
    type: 'production',
    state: 'degraded',
    phase: 'running',
    at: '2026-01-01T00:00:00.000Z',
    frontDoor: 'http://localhost:18201',
    console: 'http://localhost:18202',
    epoch: 1,
    writerRegion: 'west',
    release: '0123456789abcdef',
    regions: [{ name: 'west', state: 'degraded', zones: [createZone('west-1', units)] }],
    witness: createZone('witness', [createUnit('control-plane', { kind: 'control-plane' })]),
    stamps: [
      {
        id: 'west-1-012345',
        region: 'west',
        zone: 'west-1',
        release: '0123456789abcdef',
        state: 'healthy',
        share: 0.5,
        checks: [],
      },
    ],
    database: {
      writer: 'pg-west-1',
      term: 1,
      members: [
        {
          id: 'pg-west-1',
          region: 'west',
          zone: 'west-1',
          role: 'primary',
          state: 'healthy',
          sync: false,
          lagBytes: 0,
        },
      ],
    },
    queues: [
      {
        region: 'west',
        primary: 'queue-west-1',
        state: 'degraded',
        copies: 1,
        depth: 3,
        reason: 'the copy is gone',
      },
    ],
    recovery: [],
    gateways: [{ region: 'west', generation: 1, inForce: true, state: 'healthy' }],
    flows: [{ name: 'buy', kind: 'user', criticality: 'high', state: 'healthy' }],
    operations: [],
    ...change,
  };
}
