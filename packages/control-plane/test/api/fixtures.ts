import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import type { ReleaseBoard } from '../../src/api/release-routes.ts';
import type { Placement } from '../../src/placement/placement.ts';
import type { SwitchBoard } from '../../src/switches/switch-board.ts';

export function environmentOf(): Environment {
  const folder = '/var/empty';
  return Environment.parse({
    format: 1,
    name: 'test',
    type: 'production',
    workload: 'shop',
    workloadDir: folder,
    configFile: `${folder}/alwayson.config.ts`,
    stateDir: folder,
    runDir: folder,
    installDir: folder,
    createdAt: '2026-01-01T00:00:00.000Z',
    frontDoor: { port: 8080, url: 'http://localhost:8080' },
    console: { port: 8900, url: 'http://localhost:8900' },
    zones: [
      { name: 'witness', region: 'witness', address: '127.209.0.1' },
      { name: 'west-1', region: 'west', address: '127.209.1.1' },
    ],
    tokens: { agents: 'agents-token', probe: 'probe-token', operator: 'operator-token', apiKeys: ['key'] },
    passwords: { postgresSuperuser: 'a', postgresReplication: 'b', postgresApplication: 'c', redis: 'd' },
  });
}

export function manifestOf(): Manifest {
  return Manifest.parse({
    name: 'shop',
    owner: 'team',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'api', command: ['node', 'api.ts'], routes: ['/'] }],
    flows: [{ name: 'browse', path: ['api'] }],
  });
}

export function statusOf(): Status {
  const unit = { pid: 7, address: '127.209.1.1', state: 'healthy', process: 'ready', restarts: 0 } as const;
  return {
    workload: 'shop',
    environment: 'test',
    type: 'production',
    state: 'healthy',
    phase: 'running',
    at: '2026-01-01T00:00:00.000Z',
    frontDoor: 'http://localhost:8080',
    console: 'http://localhost:8900',
    epoch: 1,
    writerRegion: 'west',
    release: 'abcdef012345',
    regions: [
      {
        name: 'west',
        state: 'healthy',
        zones: [
          {
            name: 'west-1',
            state: 'healthy',
            address: '127.209.1.1',
            hostPid: 6,
            units: [
              { ...unit, id: 'pg-west-1', kind: 'postgres', port: 5432 },
              {
                ...unit,
                id: 'west-1-abcdef-api',
                kind: 'component',
                component: 'api',
                stamp: 'west-1-abcdef',
                port: 10_001,
              },
            ],
          },
        ],
      },
    ],
    witness: { name: 'witness', state: 'healthy', address: '127.209.0.1', hostPid: 5, units: [] },
    stamps: [
      {
        id: 'west-1-abcdef',
        region: 'west',
        zone: 'west-1',
        release: 'abcdef012345',
        state: 'healthy',
        share: 1,
        checks: [],
      },
    ],
    database: { writer: null, term: 0, members: [] },
    queues: [],
    recovery: [],
    gateways: [],
    flows: [],
    operations: [],
  };
}

const applied: UnitStatus = {
  id: 'pg-west-1',
  kind: 'postgres',
  generation: 1,
  specHash: 'hash',
  address: '127.209.1.1',
  port: 5432,
  state: 'ready',
  pid: 7,
  startedAt: null,
  restarts: 0,
  lastExit: null,
};

/** A placement that only writes down what it was asked: for what the API passes on. Real hosts have their own suite. */
export function recordingPlacement(): Placement & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    zones: ['west-1'],
    observe: (zone) => ({ zone, contact: 'connected', since: '', host: null }),
    onChange: () => () => {},
    apply: async () => applied,
    act: async (zone, unit, action) => {
      calls.push(`${action} ${zone}/${unit}`);
      return applied;
    },
    task: async () => ({ exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 0 }),
    remove: async () => {},
    log: async () => '',
    startZone: async (zone) => void calls.push(`start ${zone}`),
    outageZone: async (zone) => void calls.push(`outage ${zone}`),
  };
}

const refuse = () => Promise.reject(new Error('No releases here.'));

/** Where nothing was released, and nothing can be. */
const idleReleaseBoard: ReleaseBoard = {
  list: () => [],
  report: () => null,
  rollout: () => Promise.resolve(null),
  history: () => Promise.resolve([]),
  verifyHistory: () => Promise.resolve({ entries: 0, whole: true, brokenAt: null }),
  plan: refuse,
  planRollback: refuse,
  deploy: refuse,
  rollback: refuse,
  order: refuse,
  previewToken: () => {
    throw new Error('No releases here.');
  },
};

const refuseBackups = () => {
  throw new Error('No backups here.');
};
const noRecovery = () => Promise.reject(new Error('No recovery here.'));

/** Where nothing is known yet. */
export const nothingMeasured = {
  releases: idleReleaseBoard,
  scale: { order: () => Promise.reject(new Error('No scale here.')) },
  backups: {
    report: noRecovery,
    create: refuseBackups,
    verify: refuseBackups,
    prepare: noRecovery,
    makeIn: noRecovery,
    verifyIn: noRecovery,
    facts: noRecovery,
    isBusy: () => false,
  },
  drills: { list: () => [], last: () => null, file: refuseBackups },
  drillSchedules: { list: () => [], set: refuseBackups },
  recovery: {
    plan: noRecovery,
    begin: noRecovery,
    planRestore: noRecovery,
    beginRestore: noRecovery,
    goOn: refuseBackups,
    resume: () => {},
  },
  operations: { cancel: noRecovery, resume: noRecovery },
  slo: { report: () => null },
  shares: { report: () => null },
  health: { report: () => null, explain: () => undefined },
  alerts: {
    alerts: () => [],
    acknowledge: () => {
      throw new Error('No alerts here.');
    },
  },
};

/** Where nothing is switched, and nothing can be. */
export const idleSwitchBoard: SwitchBoard = {
  list: () => [],
  set: () => Promise.reject(new Error('No switches here.')),
  end: () => Promise.reject(new Error('No switches here.')),
};
