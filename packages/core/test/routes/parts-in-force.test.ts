import type { GatewayReport, RouteRecord, RouteRollout } from '@alwayson/protocol/routes.ts';
import { expect, test } from 'vitest';
import { isRouted, sessionsOf } from '../../src/routes/find-stamp-use.ts';
import { isPartsInForce } from '../../src/routes/is-parts-in-force.ts';

const toRollout = (west: number, east = west): RouteRollout => ({
  candidate: 'two',
  parts: { west, east },
});
const toRecord = (generation: number, rollout?: RouteRollout): RouteRecord => ({
  epoch: 3,
  generation,
  components: [],
  flows: [],
  limits: { requestsPerSecondPerClient: 1, requestBodyBytesMax: 1, requestTimeoutMs: 1 },
  stamps: [],
  ...(rollout === undefined ? {} : { rollout }),
});

function toReport(region: string, change: Partial<GatewayReport> = {}): GatewayReport {
  const haproxy = { running: true, version: '2.6', reloads: 0, pid: 7, replaced: [] };
  const rest = { seenAt: 0, servers: [], detours: [], pool: null, shed: [] };
  return { region, epoch: 3, generation: 5, inForce: true, haproxy, ...rest, ...change };
}
const both = (west: GatewayReport | null, east: GatewayReport | null) =>
  new Map([
    ['west', west],
    ['east', east],
  ]);

const wanted = { rollout: toRollout(0.25), livingRegions: ['west', 'east'] };
const yes = toReport('west', { rollout: toRollout(0.25) });

interface Case {
  what: string;
  record?: RouteRecord | null;
  reports?: ReadonlyMap<string, GatewayReport | null>;
  missing: string[];
}

const late = toReport('east', { generation: 4, rollout: toRollout(0.05) });
const older = toReport('east', { generation: 4, rollout: toRollout(0.25) });

test.each<Case>([
  { what: 'both read back', missing: [] },
  { what: 'health moved a weight since', reports: both(yes, older), missing: [] },
  { what: 'no record', record: null, missing: ['west', 'east'] },
  { what: 'the record is for other parts', record: toRecord(6, toRollout(0.5)), missing: ['west', 'east'] },
  { what: 'the record is for no rollout', record: toRecord(6), missing: ['west', 'east'] },
  { what: 'one has the step before', reports: both(yes, late), missing: ['east'] },
  { what: 'one is at it', reports: both(yes, { ...yes, inForce: false }), missing: ['east'] },
  { what: 'one has another epoch', reports: both(yes, { ...yes, epoch: 2 }), missing: ['east'] },
  { what: 'one does not answer', reports: both(null, yes), missing: ['west'] },
  { what: 'one was never asked', reports: new Map([['west', yes]]), missing: ['east'] },
])('parts are in force: $what', ({ record, reports = both(yes, yes), missing }) => {
  const committed = record === undefined ? toRecord(5, toRollout(0.25)) : record;
  expect(isPartsInForce(committed, reports, wanted)).toEqual({ inForce: missing.length === 0, missing });
});

test('a gateway that is gone is not waited for, and a region that is not named has part 0', () => {
  const record = toRecord(5, { candidate: 'two', parts: { west: 0.25 } });
  const report = toReport('west', { rollout: toRollout(0.25, 0) });
  const rollout = toRollout(0.25, 0);
  expect(isPartsInForce(record, both(report, null), { rollout, livingRegions: ['west'] }).inForce).toBe(true);
  expect(isPartsInForce(record, both(report, null), { rollout, livingRegions: [] }).inForce).toBe(false);
});

const server = (
  change: Partial<GatewayReport['servers'][number]> = {},
): GatewayReport['servers'][number] => ({
  component: 'web',
  stamp: 'old',
  state: 'drain',
  weight: 0,
  sessions: 0,
  requests: 9,
  errors: { connect: 0, response: 0, status5xx: 0, retries: 0, redispatches: 0 },
  queued: 0,
  queueMs: 0,
  connectMs: 0,
  responseMs: 0,
  checkStatus: 'L7OK',
  checkDetail: '',
  ...change,
});
const withServers = (...servers: GatewayReport['servers']) => toReport('west', { servers });
const withProcess = (stamp: string): GatewayReport => {
  const { haproxy, ...rest } = withServers(server());
  return { ...rest, haproxy: { ...haproxy, replaced: [{ pid: 6, stamps: [stamp] }] } };
};
const { replaced: _replaced, ...untold } = toReport('west').haproxy;

test.each<[string, GatewayReport | null, { sessions: number | null; routed: boolean }]>([
  ['drained', withServers(server()), { sessions: 0, routed: false }],
  ['not known to it', toReport('west'), { sessions: 0, routed: false }],
  [
    'finishing requests of two components',
    withServers(server({ sessions: 2 }), server({ component: 'api', sessions: 1 })),
    { sessions: 3, routed: false },
  ],
  ['with a share', withServers(server({ state: 'up', weight: 1 })), { sessions: 0, routed: true }],
  [
    'down, with a share for when it is back',
    withServers(server({ state: 'down', weight: 1 })),
    { sessions: 0, routed: true },
  ],
  [
    'off, with an old share in a pool',
    { ...withServers(server({ state: 'maintenance' })), pool: { old: 9 } },
    { sessions: 0, routed: false },
  ],
  [
    'in a detour',
    { ...withServers(server()), detours: [{ flow: 'a', weights: { old: 9 } }] },
    { sessions: 0, routed: true },
  ],
  [
    'without a share, but ready',
    { ...withServers(server()), reserve: ['old'] },
    { sessions: 0, routed: true },
  ],
  ['in a process that was replaced', withProcess('old'), { sessions: null, routed: true }],
  ['not in a process that was replaced', withProcess('other'), { sessions: 0, routed: false }],
  [
    'and HAProxy does not run',
    toReport('west', { haproxy: { ...toReport('west').haproxy, running: false } }),
    { sessions: null, routed: false },
  ],
  [
    'and nobody knows which processes there are',
    toReport('west', { haproxy: untold }),
    { sessions: null, routed: true },
  ],
  ['and the agent does not answer', null, { sessions: null, routed: true }],
])('a stamp that is %s', (_, report, { sessions, routed }) => {
  const reports = both(report, withServers(server()));
  expect(sessionsOf(reports, 'old')).toBe(sessions);
  expect(isRouted(reports, 'old')).toBe(routed);
});
