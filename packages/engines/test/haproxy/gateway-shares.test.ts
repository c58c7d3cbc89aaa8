import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { expect, test } from 'vitest';
import { renderPoolMap, toGatewayPools } from '../../src/haproxy/gateway-pools.ts';
import { planShares, type SharePlanOptions } from '../../src/haproxy/gateway-shares.ts';
import { type HaproxyServer, parseServers } from '../../src/haproxy/server-statistics.ts';

function toStamp(id: string, change: Partial<RouteStamp> = {}): RouteStamp {
  const region = id.startsWith('w') ? 'west' : 'east';
  const ports = { web: 10_001 };
  const place = { region, zone: id, release: 'aaaaaabbbb', address: '127.202.50.1', healthPort: 10_000 };
  return { id, ...place, ports, state: 'ready', weight: 100, ...change };
}

const record: RouteRecord = {
  epoch: 1,
  generation: 1,
  components: [{ name: 'web', routes: ['/'] }],
  flows: ['browse', 'order', 'pay'].map((name) => ({ name, requests: [] })),
  limits: { requestsPerSecondPerClient: 1000, requestBodyBytesMax: 1_048_576, requestTimeoutMs: 10_000 },
  stamps: [toStamp('w1'), toStamp('w2'), toStamp('e1'), toStamp('e2')],
};

const poolsOf = (change: Partial<RouteRecord>, region = 'west') => {
  const { live, all, detours } = toGatewayPools({ ...record, ...change }, region);
  return {
    live: [...live.values()],
    all: all === null ? null : [...all.values()],
    detours: detours.map(({ flows, weights }) => [flows, [...weights.values()]]),
  };
};

test('shares of w1, w2, e1, e2 are the stamps own, 0 unless they are ready', () => {
  const stamps = [
    toStamp('w1', { weight: 7 }),
    toStamp('w2', { state: 'drain' }),
    toStamp('e1'),
    toStamp('e2', { state: 'off' }),
  ];
  expect(poolsOf({ stamps })).toEqual({ live: [7, 0, 100, 0], all: null, detours: [] });
});

test.each<[string, Record<string, number>, { live: number[]; all: number[] | null }]>([
  ['own stamps only', { w1: 10, w2: 90 }, { live: [10, 90, 100, 100], all: null }],
  ['a reserve of zeros would be none', { w1: 10, e1: 0, e2: 0 }, { live: [10, 100, 100, 100], all: null }],
  ['some of the reserve', { e1: 0, e2: 50 }, { live: [100, 100, 0, 50], all: [100, 100, 0, 50] }],
  ['both regions', { w1: 100, w2: 0, e1: 40 }, { live: [100, 0, 40, 100], all: [100, 0, 40, 0] }],
  ['evacuated', { w1: 0, w2: 0, e1: 0 }, { live: [0, 0, 0, 100], all: null }],
])('a pool of a gateway, %s', (_, weights, expected) => {
  expect(poolsOf({ pools: [{ gateway: 'west', weights }] })).toMatchObject(expected);
  expect(poolsOf({ pools: [{ gateway: 'east', weights }] })).toMatchObject({ live: [100, 100, 100, 100] });
});

test('detours of equal shares have one slot, and the map names it', () => {
  const weights = { w1: 0 };
  const detours = [
    { flow: 'order', weights },
    { flow: 'browse', weights: { w2: 0 } },
    { flow: 'pay', weights },
  ];
  expect(poolsOf({ detours }).detours).toEqual([
    [
      ['order', 'pay'],
      [0, 100, 100, 100],
    ],
    [['browse'], [100, 0, 100, 100]],
  ]);
  const pools = toGatewayPools(
    { ...record, detours, pools: [{ gateway: 'west', weights: { e1: 1 } }] },
    'west',
  );
  expect(renderPoolMap(pools)).toBe('order detour0\npay detour0\nbrowse detour1\n* all\n');
});

/** Those with shares of the record; in the reserve everybody who is ready has 1. */
const backends = ['live_web', 'last_web', 'all_web', 'detour0_web', 'detour1_web'];
const toServers = (name: string, change: Partial<HaproxyServer> = {}) => [
  ...backends.map((backend) => ({ ...toServer(backend, name), ...change })),
  { ...toServer('reserve_web', name), ...change, weight: 1 },
];
function toServer(backend: string, name: string): HaproxyServer {
  const counters = {
    requests: 0,
    connectErrors: 0,
    responseErrors: 0,
    status5xx: 0,
    retries: 0,
    redispatches: 0,
  };
  const times = { queued: 0, queueMs: 0, connectMs: 0, responseMs: 0 };
  const check = { checkStatus: 'L7OK', checkDetail: '' };
  return { backend, name, status: 'UP', weight: 100, sessions: 0, ...counters, ...times, ...check };
}
const options = (change: Partial<RouteRecord>): SharePlanOptions => {
  const changed = { ...record, ...change };
  return { record: changed, region: 'west', poolMap: new Map(), mapFile: 'pools.map', force: false };
};

test('shares are compared server by server; one that goes off finishes its requests in every pool first', () => {
  const stamps = [toStamp('w1', { weight: 5 }), toStamp('w2', { state: 'off' }), toStamp('e1')];
  const running = [...toServers('w1'), ...toServers('w2')].map((server) => {
    const busy = server.name === 'w2' && server.backend === 'detour1_web';
    return busy ? { ...server, sessions: 1 } : server;
  });
  const plan = planShares(running, options({ stamps }));
  expect(plan.commands).toEqual([
    ...backends.map((backend) => `set weight ${backend}/w1 5`),
    'set weight live_web/w2 0',
    'set weight last_web/w2 0',
    'set server last_web/w2 state maint',
    'set weight reserve_web/w2 0',
    ...backends.slice(2).map((backend) => `set weight ${backend}/w2 0`),
  ]);
  expect(plan.finishing).toEqual(['w2']);
  expect(plan.missing.toSorted()).toEqual(
    [...backends, 'reserve_web'].map((backend) => `${backend}/e1`).toSorted(),
  );
  const forced = planShares(running, { ...options({ stamps }), force: true });
  expect(forced.commands).toContain('set server live_web/w2 state maint');
  const back = planShares(toServers('w1', { status: 'MAINT' }), options({ stamps: [toStamp('w1')] }));
  expect(back.commands).toEqual(['set server live_web/w1 state ready', 'set server last_web/w1 state ready']);
});

test('a share is given before another is taken away', () => {
  const stamps = [toStamp('w1', { weight: 0 }), toStamp('w2', { weight: 200 })];
  const { commands } = planShares([...toServers('w1'), ...toServers('w2')], options({ stamps }));
  expect(commands).toEqual([
    ...backends.map((backend) => `set weight ${backend}/w2 200`),
    ...backends.map((backend) => `set weight ${backend}/w1 0`),
  ]);
});

test('the map is brought to the record after the shares', () => {
  const stamps = [toStamp('w1'), toStamp('w2')];
  const detours = [
    { flow: 'order', weights: { w1: 0 } },
    { flow: 'pay', weights: { w1: 0 } },
  ];
  const poolMap = new Map([
    ['pay', 'detour1'],
    ['*', 'all'],
  ]);
  const running = [...toServers('w1'), ...toServers('w2')];
  const shed = [
    { flow: 'order', part: 0.4 },
    { flow: 'pay', part: 1 },
  ];
  poolMap.set('pay/shed', '20').set('browse/shed', '100');
  const { commands } = planShares(running, { ...options({ stamps, detours, shed }), poolMap });
  expect(commands).toEqual([
    'set weight detour0_web/w1 0',
    'add map pools.map order detour0',
    'set map pools.map pay detour0',
    'add map pools.map order/shed 40',
    'set map pools.map pay/shed 100',
    'del map pools.map *',
    'del map pools.map browse/shed',
  ]);
});

test('statistics are read by the names of their columns, quoted sentences whole', () => {
  const csv = [
    '# pxname,svname,scur,stot,status,econ,uweight,check_status,check_desc,last_chk,',
    'live_web,w1,2,30,UP 1/2,4,100,L7STS,"Layer7 wrong status: a ""b"", c",HTTP 503,',
    'last_web,w1,0,0,no check,0,100,,,,',
  ].join('\n');
  expect(parseServers(csv)).toMatchObject([
    {
      backend: 'live_web',
      name: 'w1',
      status: 'UP 1/2',
      sessions: 2,
      requests: 30,
      connectErrors: 4,
      checkDetail: 'Layer7 wrong status: a "b", c: HTTP 503',
    },
    { backend: 'last_web', status: 'no check', weight: 100, status5xx: 0, checkDetail: '' },
  ]);
});
