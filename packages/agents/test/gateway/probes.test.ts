import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { type GatewayLine, parseGatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, type Rig, type Stamp, toRecord, tokens, until } from './rig.ts';

let rig: Rig;
let west1: Stamp;
let west2: Stamp;
let east1: Stamp;
let west: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;
const lines: GatewayLine[] = [];
const log = createSocket('udp4');

beforeAll(async () => {
  rig = await createRig(50);
  [west1, west2, east1] = await Promise.all([
    rig.startStamp('west-1'),
    rig.startStamp('west-2'),
    rig.startStamp('east-1'),
  ]);
  log.on('message', (text) => {
    const line = parseGatewayLine(text.toString());
    if (line !== null) lines.push(line);
  });
  await new Promise<void>((resolve) => log.bind(7201, rig.address(12), resolve));
  record = toRecord([west1, west2, east1]);
  west = await rig.startGateway('west', record);
});
afterAll(async () => {
  log.close();
  await rig.close();
});

interface Echo {
  stamp: string;
  headers: Record<string, string>;
}

/** Over a connection of its own: one that was kept may just be closed by a gateway that was replaced. */
function visit(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${rig.frontDoor}${path}`, { agent: false }, (answer) => {
      answer.resume().once('end', resolve);
    });
    request.once('error', reject);
  });
}

/** As an observer asks: with the token, at one stamp. */
async function ask(stamp: string, init: RequestInit = {}, path = '/shop/') {
  const headers = { 'x-alwayson-probe': tokens.probe, 'x-alwayson-stamp': stamp };
  const answer = await fetch(rig.frontDoor + path, {
    ...init,
    headers: { ...headers, ...(init.headers as Record<string, string>) },
  });
  const body = (await answer.json()) as Echo & { code: string; detail: string };
  return { status: answer.status, body };
}

async function put(change: Partial<RouteRecord>) {
  record = { ...record, ...change, generation: record.generation + 1 };
  const answer = await west.put(record);
  expect(answer).toMatchObject({ status: 200, body: { inForce: true, generation: record.generation } });
  return answer.body;
}

/** The next line of a request to this path. */
async function lineOf(path: string): Promise<GatewayLine> {
  const find = () => lines.findLast((line) => line.path === path);
  await until(() => find() !== undefined, `the line of ${path}`);
  return find() as GatewayLine;
}

test('a probe is served by the stamp it names, of any region, every time', async () => {
  for (const { route } of [west1, west2, east1]) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(route.id)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.stamp}`))).toEqual(
      new Set([`200 ${route.id}`]),
    );
  }
});

test('who shows no token chooses nothing, and marks nothing', async () => {
  const marks = { 'x-alwayson-stamp': east1.route.id, 'x-alwayson-synthetic': 'yes' };
  for (const token of [{}, { 'x-alwayson-probe': 'guess' }]) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const answer = await fetch(`${rig.frontDoor}/shop/`, { headers: { ...marks, ...token } });
        return (await answer.json()) as Echo;
      }),
    );
    for (const { stamp, headers } of answers) {
      expect(stamp).not.toBe(east1.route.id);
      expect(Object.keys(headers).filter((name) => name.startsWith('x-alwayson-'))).toEqual([]);
    }
  }
  const { body } = await ask(east1.route.id, { headers: marks });
  expect(body.headers).toMatchObject(marks);
  expect(body.headers).not.toHaveProperty('x-alwayson-probe');
});

test('a stamp without a share and one that is off are probed, and get nothing else', async () => {
  const stamps = record.stamps.map((stamp) => {
    if (stamp.id === west1.route.id) return { ...stamp, weight: 0 };
    return stamp.id === east1.route.id ? { ...stamp, state: 'off' as const } : stamp;
  });
  await put({ stamps });
  for (const { route } of [west1, east1]) {
    expect(await ask(route.id)).toMatchObject({ status: 200, body: { stamp: route.id } });
  }
  const users = await Promise.all(
    Array.from({ length: 10 }, async () => (await (await fetch(`${rig.frontDoor}/shop/`)).json()) as Echo),
  );
  expect(new Set(users.map(({ stamp }) => stamp))).toEqual(new Set([west2.route.id]));
  await put({ stamps: stamps.map((stamp) => ({ ...stamp, state: 'ready' as const, weight: 100 })) });
});

test('a probe that its stamp does not answer is a 503, and is tried nowhere else', async () => {
  expect(await ask('west-9-nobody')).toMatchObject({
    status: 503,
    body: { code: 'AON_NO_STAMP', detail: expect.stringContaining('web') },
  });
  const post = { method: 'POST', body: '{}', headers: { 'idempotency-key': 'k' } };
  west1.component.kill('SIGKILL');
  await until(() => west1.component.signalCode !== null, 'west-1 to end');
  for (const init of [{}, post]) {
    expect(await ask(west1.route.id, init)).toMatchObject({ status: 503, body: { code: 'AON_NO_STAMP' } });
  }
  expect(await lineOf('/shop/')).toMatchObject({
    backend: 'probe_web',
    stamp: west1.route.id,
    retries: 0,
    synthetic: true,
  });
  west1.component = rig.startProgram('component', west1.route);
  await until(async () => (await ask(west1.route.id)).status === 200, 'west-1 to answer');
  // On a connection that had a request before, HAProxy closes in place of a 502.
  const died = await ask(west1.route.id, {}, `/shop/?die=${west1.route.id}`).catch(() => null);
  expect([502, undefined]).toContain(died?.status);
  await until(() => west1.component.signalCode !== null, 'west-1 to end');
  west1.component = rig.startProgram('component', west1.route);
  await until(async () => (await ask(west1.route.id)).status === 200, 'west-1 to answer');
});

test('the report tells what each stamp served and failed, and what its check said', async () => {
  const of = async (stamp: Stamp) => {
    const { servers } = (await west.report()).body;
    const server = servers.find((one) => one.component === 'web' && one.stamp === stamp.route.id);
    if (server === undefined) throw new Error(`no server ${stamp.route.id}`);
    return server;
  };
  const isQuiet = async (stamp: Stamp) => {
    const { state, sessions, checkStatus } = await of(stamp);
    return state === 'up' && sessions === 0 && checkStatus === 'L7OK';
  };
  await until(async () => (await isQuiet(west1)) && (await isQuiet(west2)), 'both up');
  const failures = async () =>
    (await west.report()).body.servers.reduce((sum, { errors }) => sum + errors.status5xx, 0);
  const failed = await failures();
  const before = await of(west2);
  for (let turn = 0; turn < 20; turn += 1) {
    await visit('/shop/?status=500&ms=20');
  }
  await until(async () => (await failures()) === failed + 20, 'twenty failures');
  await until(() => isQuiet(west2), 'the last of them to be over');
  const after = await of(west2);
  const served = after.requests - before.requests;
  expect(served).toBeGreaterThan(5);
  expect(after).toMatchObject({
    errors: { connect: 0, response: 0, status5xx: before.errors.status5xx + served },
    weight: 100,
    queued: 0,
    sessions: 0,
    checkStatus: 'L7OK',
    checkDetail: expect.stringContaining('check passed'),
  });
  expect(after.responseMs).toBeGreaterThan(0);
  west2.component.kill('SIGKILL');
  await visit('/shop/');
  await visit('/shop/');
  await until(async () => (await of(west2)).errors.redispatches > 0, 'a request to go elsewhere');
  await until(async () => (await of(west2)).checkStatus === 'L7STS', 'the check to fail');
  const down = await of(west2);
  expect(down.checkDetail).toContain('Service Unavailable');
  expect(down.errors.connect).toBe(0);
  west2.component = rig.startProgram('component', west2.route);
  await until(async () => (await of(west2)).state === 'up', 'west-2 up');
});

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
async function trace(path: string, headers: Record<string, string>): Promise<Record<string, string>> {
  const answer = await fetch(rig.frontDoor + path, { headers });
  return ((await answer.json()) as Echo).headers;
}

test('without tracing a traceparent passes as it came, and a valid one is logged', async () => {
  expect(await trace('/shop/given', { traceparent: given })).toMatchObject({ traceparent: given });
  expect(await trace('/shop/odd', { traceparent: 'odd"' })).toMatchObject({ traceparent: 'odd"' });
  expect(await trace('/shop/none', {})).not.toHaveProperty('traceparent');
  expect(await lineOf('/shop/given')).toMatchObject({ traceId: given.slice(3, 35), sampled: true });
  for (const path of ['/shop/odd', '/shop/none']) expect(await lineOf(path)).not.toHaveProperty('traceId');
});

test.each([0, 1])('with tracing (ratio %d) every request has a trace', async (sampleRatio) => {
  await put({ tracing: { sampleRatio } });
  const flags = `0${sampleRatio}`;
  const path = (name: string) => `/shop/${name}-${sampleRatio}`;
  expect(await trace(path('given'), { traceparent: given, tracestate: 'a=b' })).toMatchObject({
    traceparent: given,
    tracestate: 'a=b',
  });
  expect(await lineOf(path('given'))).not.toHaveProperty('spanId');
  const invalid = [
    {},
    { traceparent: 'odd' },
    { traceparent: given.replace(/-[0-9a-f]{32}-/, `-${'0'.repeat(32)}-`) },
    { traceparent: given.replace('00-', 'ff-') },
  ];
  for (const [index, headers] of invalid.entries()) {
    const seen = await trace(path(`made${index}`), { ...headers, tracestate: 'a=b' });
    const [, traceId, spanId] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-(?:00|01)$/.exec(seen['traceparent'] ?? '') ?? [];
    expect(seen['traceparent']).toMatch(new RegExp(`^00-(?!0af76519)[0-9a-f]{32}-[0-9a-f]{16}-${flags}$`));
    expect(seen).not.toHaveProperty('tracestate');
    const line = await lineOf(path(`made${index}`));
    expect(line).toMatchObject({ traceId, spanId, sampled: sampleRatio === 1 });
  }
});
