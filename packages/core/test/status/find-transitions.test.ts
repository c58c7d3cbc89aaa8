import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import { expect, test } from 'vitest';
import { findTransitions } from '../../src/status/find-transitions.ts';

const unit: StatusUnit = {
  id: 'pg-west-1',
  kind: 'postgres',
  pid: 7,
  address: '127.0.1.1',
  port: 5432,
  state: 'healthy',
  process: 'ready',
  restarts: 0,
};
const zone: StatusZone = {
  name: 'west-1',
  state: 'healthy',
  address: '127.0.1.1',
  hostPid: 6,
  units: [unit],
};

function statusOf(
  change: Partial<StatusZone> = {},
  flow: Status['flows'][number]['state'] = 'healthy',
): Status {
  return {
    workload: 'shop',
    environment: 'main',
    type: 'production',
    state: 'healthy',
    phase: 'running',
    at: '',
    frontDoor: '',
    console: '',
    epoch: 1,
    writerRegion: 'west',
    release: '',
    regions: [{ name: 'west', state: 'healthy', zones: [{ ...zone, ...change }] }],
    witness: { name: 'witness', state: 'healthy', address: '', hostPid: 5, units: [] },
    stamps: [],
    database: { writer: null, term: 1, members: [] },
    queues: [],
    recovery: [],
    gateways: [],
    flows: [{ name: 'browse', kind: 'user', criticality: 'high', state: flow }],
    operations: [],
  };
}

const typesOf = (before: Status, after: Status) => findTransitions(before, after).map(({ type }) => type);

test('the same status tells nothing', () => {
  expect(findTransitions(statusOf(), statusOf())).toEqual([]);
});

test('a lost zone is one event, not one for each of its units', () => {
  const lost = statusOf({ hostPid: null, units: [{ ...unit, process: 'exited', state: 'unhealthy' }] });
  expect(typesOf(statusOf(), lost)).toEqual(['zone.lost']);
  expect(typesOf(lost, statusOf())).toEqual(['zone.found']);
});

test('a unit that went and came is told with its reason, also when both fell between two looks', () => {
  const gone = statusOf({ units: [{ ...unit, process: 'exited', reason: 'ended by SIGKILL' }] });
  expect(findTransitions(statusOf(), gone)).toMatchObject([
    { type: 'unit.exited', entity: 'pg-west-1', message: 'pg-west-1 is gone: ended by SIGKILL.' },
  ]);
  expect(typesOf(gone, statusOf())).toEqual(['unit.ready']);
  expect(typesOf(statusOf(), statusOf({ units: [{ ...unit, restarts: 1 }] }))).toEqual(['unit.restarted']);
});

test('states of flows and of the workload are told from the health model, not here', () => {
  const worse = { ...statusOf({}, 'unhealthy'), state: 'unhealthy' as const };
  expect(findTransitions(statusOf(), worse)).toEqual([]);
});
