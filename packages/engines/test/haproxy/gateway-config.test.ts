import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessLogFormat, parseGatewayLine } from '../../src/haproxy/access-log.ts';
import { quote } from '../../src/haproxy/config-text.ts';
import { frozenSessionsScript } from '../../src/haproxy/frozen-sessions.ts';
import { renderGatewayConfig } from '../../src/haproxy/gateway-config.ts';
import { checkHaproxyConfig, readHaproxyVersion } from '../../src/haproxy/haproxy-command.ts';
import { toPathTests, toPrefixTests } from '../../src/haproxy/path-test.ts';
import { emptyServersState, renderServersState } from '../../src/haproxy/servers-state.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aon-cfg-'));
});
afterAll(() => rm(folder, { recursive: true }));

function toStamp(region: string, zone: number, change: Partial<RouteStamp> = {}): RouteStamp {
  const address = `127.202.50.${region === 'west' ? zone : 10 + zone}`;
  const release = 'aaaaaabbbb';
  const ports = { web: 10_001, api: 10_002 };
  const id = `${region}-${zone}-aaaaaa`;
  return {
    id,
    region,
    zone: `${region}-${zone}`,
    release,
    address,
    healthPort: 10_000,
    ports,
    state: 'ready',
    weight: 100,
    ...change,
  };
}

const record: RouteRecord = {
  epoch: 1,
  generation: 1,
  components: [
    { name: 'web', routes: ['/'] },
    { name: 'api', routes: ['/catalogservice', '/api/'] },
  ],
  flows: [{ name: 'browse', requests: [{ methods: ['GET', 'HEAD'], path: '/item/*' }] }],
  limits: { requestsPerSecondPerClient: 1000, requestBodyBytesMax: 1_048_576, requestTimeoutMs: 10_000 },
  stamps: [toStamp('west', 1), toStamp('west', 2), toStamp('east', 1)],
};

function render(change: Partial<RouteRecord> = {}) {
  return renderGatewayConfig({
    record: { ...record, ...change },
    region: 'west',
    frontDoor: { addresses: ['127.202.50.100', '::1'], port: 18_090 },
    metrics: { address: '127.202.50.1', port: 7110 },
    threads: 1,
    log: { address: '127.202.50.2', port: 7201 },
    adminSocket: 'admin.sock',
    stateFile: 'servers.state',
    scriptFile: 'frozen-sessions.lua',
    mapFile: 'pools.map',
    probeToken: 'it\'s "a" token # % $x',
    apiKeys: ['k1', "k'2"],
  });
}

const check = async (text: string) => {
  await writeFile(join(folder, 'servers.state'), emptyServersState);
  await writeFile(join(folder, 'frozen-sessions.lua'), frozenSessionsScript);
  await writeFile(join(folder, 'pools.map'), '');
  await writeFile(join(folder, 'haproxy.cfg'), text);
  await checkHaproxyConfig(folder, 'haproxy.cfg');
};

test('HAProxy accepts what is rendered, whatever users put into it', async () => {
  await check(render().text);
  const nasty = '/it\'s/*/a#b$c%d{e}[f]\\(g)|h"/**';
  const flows = Array.from({ length: 100 }, (_, index) => ({
    name: `flow-${index}`,
    requests: [{ methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], path: nasty }],
  }));
  const routes = Array.from({ length: 40 }, (_, index) => `/route-${index}`);
  await check(render({ tracing: { sampleRatio: 0.1 } }).text);
  await check(render({ flows, components: [{ name: 'web', routes: ['/', nasty, ...routes] }] }).text);
});

test('HAProxy says what it does not accept', async () => {
  await expect(check('global\n  nonsense yes\n')).rejects.toMatchObject({
    code: 'AON_ROUTES_REFUSED',
    message: expect.stringContaining('nonsense'),
  });
  expect(await readHaproxyVersion()).toMatch(/^\d+\.\d+\.\d+$/);
});

test('own stamps are first, those of other regions are backup and seldom checked, and the longest route is asked first', () => {
  const { text } = render();
  const live = text.slice(text.indexOf('\nbackend live_web'), text.indexOf('\nbackend last_web'));
  expect(live).toMatch(/server west-1-aaaaaa 127\.202\.50\.1:10001 weight 100 check port 10000$/m);
  expect(live).toMatch(/server east-1-aaaaaa .* backup inter 3000ms$/m);
  expect(text.indexOf("path -m beg '/catalogservice/'")).toBeLessThan(text.indexOf("path -m beg '/'"));
});

test('the structure is that of everything but shares and states, and the file holds those too', () => {
  const base = render();
  const stamps = [
    toStamp('west', 1, { weight: 7 }),
    toStamp('west', 2, { state: 'drain' }),
    toStamp('east', 1, { state: 'off' }),
  ];
  const moved = render({ generation: 9, stamps });
  expect(moved.structure).toBe(base.structure);
  expect(moved.text).toMatch(/server west-1-aaaaaa \S+ weight 7 check/);
  expect(moved.text).toMatch(/server west-2-aaaaaa \S+ weight 0 check/);
  expect(moved.text).toMatch(/server east-1-aaaaaa \S+ weight 0 disabled check/);
  const detour = (weight: number) => ({ flow: 'browse', weights: { 'west-1-aaaaaa': weight } });
  const detoured = render({
    detours: [detour(0)],
    pools: [{ gateway: 'west', weights: { 'east-1-aaaaaa': 9 } }],
  });
  expect(render({ shed: [{ flow: 'browse', part: 0.35 }] })).toMatchObject({
    structure: base.structure,
    poolMap: 'browse/shed 35\n',
  });
  expect(detoured.structure).toBe(base.structure);
  expect(detoured.poolMap).toBe('browse detour0\n* all\n');
  expect(detoured.text).toMatch(/backend detour0_web[^]*?server west-1-aaaaaa \S+ weight 0 track/);
  expect(detoured.text).toMatch(/backend all_web[^]*?server east-1-aaaaaa \S+ weight 9 track \S+$/m);
  const three = [detour(0), { ...detour(1), flow: 'b' }, { ...detour(2), flow: 'c' }];
  expect(render({ detours: three }).structure).not.toBe(base.structure);
  expect(render({ stamps: record.stamps.slice(0, 2) }).structure).not.toBe(base.structure);
  expect(render({ limits: { ...record.limits, requestTimeoutMs: 1 } }).structure).not.toBe(base.structure);
});

test.each([
  ['/', ["path -m str '/'"]],
  ['/item/*', ["path -m reg '^/item/[^/]+$'"]],
  ['/shop/**', ["path -m str '/shop'", "path -m beg '/shop/'"]],
  ['/**', ["path -m beg '/'"]],
  ['/a.b/*/c/**', [String.raw`path -m reg '^/a\.b/[^/]+/c(/.*)?$'`]],
  ['/assets/*.js', [String.raw`path -m reg '^/assets/[^/]*\.js$'`]],
])('the pattern %s', (pattern, tests) => {
  expect(toPathTests(pattern)).toEqual(tests);
});

test('a route prefix ends at a segment', () => {
  expect(toPrefixTests('/api')).toEqual(["path -m str '/api'", "path -m beg '/api/'"]);
  expect(toPrefixTests('/api/')).toEqual(["path -m beg '/api/'"]);
  expect(() => quote('a\nbind :80')).toThrow();
});

test('the state file carries health and forgets shares, operator states and what is gone', () => {
  const header = emptyServersState.split('\n')[1];
  const row = (name: string) =>
    `4 live_web 1 ${name} 127.0.0.1 0 8 50 100 2 15 3 3 6 0 0 0 - 10001 - 0 10000 - - 10000`;
  const text = renderServersState(
    `1\n${header}\n${row('a')}\n${row('gone')}\n\n`,
    new Map([['live_web/a', 30]]),
  );
  expect(text).toBe(
    `1\n${header}\n4 live_web 1 a 127.0.0.1 0 0 30 30 2 15 3 3 6 0 0 0 - 10001 - 0 10000 - - 10000\n`,
  );
  expect(renderServersState('garbage', new Map())).toBe(emptyServersState);
});

test('a log line is read back as it was meant, and anything else is no line', () => {
  const values = [
    '17.4',
    3,
    1_700_000_000_123,
    'browse',
    'GET',
    '/a"\\u0001',
    200,
    '--',
    'live_web',
    'west-1-aaaaaa',
    '+2',
    5,
    9,
    120,
    'id',
    '1',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '1',
  ];
  const keys = [...accessLogFormat.matchAll(/"(\w)":/g)].map((match) => match[1] ?? '');
  const text = JSON.stringify(Object.fromEntries(keys.map((key, index) => [key, values[index]])));
  expect(parseGatewayLine(`${text}\n`)).toMatchObject({
    boot: '17.4',
    seq: 3,
    at: 1_700_000_000_123,
    status: 200,
    stamp: 'west-1-aaaaaa',
    retries: 2,
    responseMs: 5,
    totalMs: 9,
    synthetic: true,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    sampled: true,
  });
  const before = parseGatewayLine(text.replace(/,"w".*/, '}'));
  expect(before).toMatchObject({ seq: 3, synthetic: true });
  expect(before).not.toHaveProperty('traceId');
  for (const noise of ['', 'Server a is DOWN', '{', '{}', '[]', 'null'])
    expect(parseGatewayLine(noise)).toBeNull();
});
