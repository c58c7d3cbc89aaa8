import { createSocket } from 'node:dgram';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { Observation } from '@alwayson/protocol/observation.ts';
import { TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { createRig, type Rig, type Stamp, toRecord, tokens, until } from '../gateway/rig.ts';

let rig: Rig;
let stamps: Stamp[];
let observer: ReturnType<typeof startObserver>;

beforeAll(async () => {
  rig = await createRig(46);
  stamps = await Promise.all([rig.startStamp('west-1'), rig.startStamp('west-2')]);
  const manifest = Manifest.parse({
    name: 'test',
    owner: 'tests',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'web', command: ['node'], routes: ['/'] }],
    flows: [
      { name: 'browse', criticality: 'high', path: ['web'], probe: { path: '/shop/' } },
      {
        name: 'order',
        path: ['web'],
        probe: { path: '/shop/?status=500', write: { path: '/shop/{uuid}/orders', body: {} } },
      },
    ],
  });
  await writeFile(join(rig.dir, 'manifest.json'), JSON.stringify(manifest));
  await mkdir(join(rig.dir, 'observer'));
  observer = startObserver();
  await until(() => observe().then(Boolean, () => false), 'observer');
  await rig.startGateway('west', toRecord(stamps));
});
afterAll(() => rig.close());

const startObserver = () =>
  rig.run(
    [process.execPath, fileURLToPath(new URL('../../src/observer/main.ts', import.meta.url))],
    { ALWAYSON_ENVIRONMENT: rig.environmentFile, ALWAYSON_REGION: 'west' },
    join(rig.dir, 'observer'),
  );
const base = () => `http://${rig.address(12)}:7200`;
const observe = async () => {
  const headers = { authorization: `Bearer ${tokens.agents}` };
  return Observation.parse(await (await fetch(`${base()}/observation`, { headers })).json());
};
const flow = async (name: string) => (await observe()).flows.find((entry) => entry.flow === name);
const send = async (count: number, path: string, init?: RequestInit) => {
  for (let index = 0; index < count; index += 1) await (await fetch(rig.frontDoor + path, init)).text();
};

test('every request is counted by flow and outcome, and none is missing', async () => {
  await send(40, '/shop/');
  await send(3, '/shop/?status=500');
  await send(2, '/shop/?status=404');
  await send(5, '/shop/1/orders', { method: 'POST', body: '{}' });
  await send(4, '/elsewhere/%22%5C?a="');
  await until(async () => (await flow('_other'))?.good === 4, 'the last line');
  expect(await flow('browse')).toMatchObject({
    good: 40,
    bad: 3,
    clientErrors: 2,
    recent: { good: 40, bad: 3 },
  });
  expect(await flow('order')).toMatchObject({ good: 5, bad: 0 });
  expect((await flow('browse'))?.recent.p99Ms).toBeGreaterThan(0);
  expect((await observe()).linesLost).toBe(0);
  const metrics = await (await fetch(`${base()}/metrics`)).text();
  expect(metrics).toMatch(
    /alwayson_stamp_requests_total\{flow="browse",stamp="west-1-aaaaaa",release="aaaaaa",class="2xx"\} \d+/,
  );
  expect(metrics).toContain('alwayson_flow_requests_total{flow="browse",outcome="bad"} 3');
});

test('probes from outside see good and bad flows and do not count as users', async () => {
  // The first may have come before the gateway.
  const isDone = async () => {
    const { probes } = await observe();
    return probes.some(({ ok }) => ok) && probes.some(({ status }) => status === 500);
  };
  await until(isDone, 'both probes');
  const { probes } = await observe();
  expect(probes.find((probe) => probe.flow === 'browse')).toMatchObject({ ok: true, status: 200 });
  expect(probes.find((probe) => probe.flow === 'order')).toMatchObject({ ok: false, reason: 'HTTP 500' });
  expect(await flow('browse')).toMatchObject({ good: 40, bad: 3 });
});

test('counters survive a restart, and the lines that nobody heard are known to be lost', async () => {
  observer.kill('SIGTERM');
  await until(() => observer.exitCode !== null, 'the observer to end');
  expect(observer.exitCode).toBe(0);
  await send(7, '/shop/');
  observer = startObserver();
  await until(() => observe().then(Boolean, () => false), 'observer');
  expect(await flow('browse')).toMatchObject({ good: 40, bad: 3 });
  await send(1, '/shop/');
  await until(async () => (await flow('browse'))?.good === 41, 'the line');
  const { linesLost } = await observe();
  // The seven, and the probes that were under way when it stopped.
  expect(linesLost).toBeGreaterThanOrEqual(7);
  expect(linesLost).toBeLessThanOrEqual(9);
});

test('noise on the log port changes nothing', async () => {
  const { linesLost } = await observe();
  const socket = createSocket('udp4');
  const noise = [
    '',
    '{',
    '{"n":1}',
    '{"b":"x","n":-1}',
    'Server live_web/a is DOWN',
    '{"n":"1e99"}',
    'x'.repeat(60_000),
  ];
  for (const text of noise) await new Promise((resolve) => socket.send(text, 7201, rig.address(12), resolve));
  socket.close();
  await send(1, '/shop/');
  await until(async () => (await flow('browse'))?.good === 42, 'the line after the noise');
  expect((await observe()).linesLost).toBe(linesLost);
});

test('causes are what the gateway really says of such requests', async () => {
  const causesOf = async (name: string) => {
    const metrics = await (await fetch(`${base()}/metrics`)).text();
    const found = metrics.matchAll(/alwayson_flow_causes_total\{flow="([^"]+)",cause="([^"]+)"\} (\d+)/g);
    const entries = [...found].filter(([, flowName]) => flowName === name);
    return Object.fromEntries(entries.map(([, , cause, count]) => [cause, Number(count)]));
  };
  const slow = send(1, '/shop/?ms=12000');
  // The component of one stamp ends itself in the middle of it, and nobody may try an unsafe request again. A new connection: on a
  // kept one HAProxy closes without an answer, and without a line.
  const die = () =>
    new Promise<boolean>((resolve, reject) => {
      const url = `${rig.frontDoor}/shop/?die=west-1-aaaaaa`;
      const put = request(url, { method: 'PUT', agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode === 502));
      });
      put.on('error', reject).end('{}');
    });
  await until(die, 'the stamp to be met');
  await slow;
  await until(async () => (await causesOf('browse'))['timeout'] === 1, 'the last line');
  expect(await causesOf('browse')).toMatchObject({ ok: 42, 'upstream-error': 3, 'client-fault': 2 });
  expect(await causesOf('_other')).toMatchObject({ 'upstream-error': 1 });
});

test('a stamp that fails is seen by its own probes, and its sibling is not blamed', async () => {
  const probeOf = async (stamp: string) =>
    (await observe()).stampProbes?.find((probe) => probe.flow === 'browse' && probe.stamp === stamp);
  await until(async () => (await probeOf('west-1-aaaaaa'))?.ok === false, 'the dead stamp');
  await until(async () => (await probeOf('west-2-aaaaaa')) !== undefined, 'its sibling');
  expect(await probeOf('west-1-aaaaaa')).toMatchObject({ status: 503 });
  expect(await probeOf('west-2-aaaaaa')).toMatchObject({ ok: true, status: 200 });
  expect((await observe()).writeProbes).toMatchObject([{ flow: 'order', ok: true }]);
});

test('without users, the probes alone prove that the log works', async () => {
  const from = Math.floor(Date.now() / 10_000) * 10 + 10;
  const headers = { authorization: `Bearer ${tokens.agents}` };
  const history = async () =>
    TrafficHistory.parse(
      await (await fetch(`${base()}/history?from=${from}&to=${from + 100}`, { headers })).json(),
    );
  // A flow that is well is asked every 10 s or a little later: one of two slices has it.
  await until(async () => (await history()).to > from + 10, 'two quiet slices');
  const { coverage, buckets } = await history();
  const quiet = coverage.filter(({ at }) => at <= from + 10);
  const whole = { complete: true, linesLost: 0, requests: 0 };
  expect(quiet).toMatchObject([
    { ...whole, at: from },
    { ...whole, at: from + 10 },
  ]);
  expect(quiet.some(({ probes }) => (probes['browse']?.good ?? 0) > 0)).toBe(true);
  expect(quiet.some(({ probes }) => (probes['order']?.bad ?? 0) > 0)).toBe(true);
  expect(buckets).toEqual([]);
});

test('an unsafe request that HAProxy drops without an answer or a line is counted all the same', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string, query: string) =>
    new Promise<string>((resolve) => {
      const sent = request(`${rig.frontDoor}/shop/${query}`, { method, agent }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(String(answer.statusCode)));
      });
      sent.on('error', (error) => resolve(error.message)).end();
    });
  const from = Math.floor(Date.now() / 10_000) * 10;
  const headers = { authorization: `Bearer ${tokens.agents}` };
  const count = async () => {
    const answer = await fetch(`${base()}/history?from=${from}&to=${from + 200}`, { headers });
    const { coverage } = TrafficHistory.parse(await answer.json());
    return coverage.reduce((sum, { unanswered = 0 }) => sum + unanswered, 0);
  };
  expect(await ask('GET', '')).toBe('200');
  expect(await ask('PUT', '?die=west-2-aaaaaa')).toBe('socket hang up');
  agent.destroy();
  const isTold = async () => (await count()) > 0;
  await until(isTold, 'the count');
  expect(await count()).toBe(1);
  expect((await observe()).linesLost).toBeLessThanOrEqual(9);
});

test('the observation needs the token', async () => {
  expect((await fetch(`${base()}/observation`)).status).toBe(401);
  expect((await fetch(`${base()}/readyz`)).status).toBe(200);
});
