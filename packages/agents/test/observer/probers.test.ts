import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { startFlowProber } from '../../src/observer/flow-prober.ts';
import { watchGatewayStamps } from '../../src/observer/gateway-stamps.ts';
import { startProbeRounds } from '../../src/observer/probe-rounds.ts';
import { startStampProber } from '../../src/observer/stamp-prober.ts';
import { startWriteProber } from '../../src/observer/write-prober.ts';
import { until } from '../gateway/rig.ts';

const port = 18_090;
interface Asked {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
  socket: unknown;
}

/** Addresses and doors of one test: most of what is tested here is waiting, and all of them wait at once. */
interface ProberLab {
  gateway: string;
  frontDoor: string;
  /** Called when the test has ended. */
  close(closer: () => unknown): void;
  /** A door that notes what it is asked; stamp `bad` answers 503, and the path `/late` never ends. */
  openDoor(address: string): Promise<{ asked: Asked[]; server: Server }>;
}

let labs = 0;
function probing(name: string, run: (lab: ProberLab) => Promise<void>): void {
  labs += 1;
  const [gateway, frontDoor] = [`127.201.0.${10 + labs}`, `127.201.0.${100 + labs}`];
  test.concurrent(name, async ({ onTestFinished }) => {
    const close = (closer: () => unknown) => onTestFinished(async () => void (await closer()));
    await run({ gateway, frontDoor, close, openDoor: (address) => openDoor(address, close) });
  });
}

async function openDoor(address: string, close: ProberLab['close']) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers, socket } = request;
      asked.push({ method, url, headers, body, socket });
      response.writeHead(headers['x-alwayson-stamp'] === 'bad' ? 503 : 200);
      if (url === '/late') response.write('half');
      else response.end('{"servers":[{"stamp":"b"},{"stamp":"a"},{"stamp":"b"}]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  close(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { asked, server };
}

const { flows } = Manifest.parse({
  name: 'test',
  owner: 'tests',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'web', command: ['node'] }],
  flows: [
    { name: 'browse', criticality: 'high', path: ['web'], probe: { path: '/shop' } },
    { name: 'search', path: ['web'], probe: { path: '/late' } },
    { name: 'order', criticality: 'high', path: ['web'] },
    {
      name: 'remark',
      path: ['web'],
      probe: { write: { path: '/remarks/{uuid}', body: { text: 'probe {uuid}', at: { n: 1 } } } },
    },
  ],
});
const commonOf = ({ frontDoor }: ProberLab) => ({
  frontDoor: `http://${frontDoor}:${port}`,
  flows,
  probeToken: 'token',
});

probing(
  'every stamp is asked through the own gateway over kept connections, and each result is its own',
  async (lab) => {
    const { asked } = await lab.openDoor(lab.gateway);
    let stamps = ['good', 'bad'];
    const prober = startStampProber({
      ...commonOf(lab),
      gateway: `http://${lab.gateway}:${port}`,
      stamps: () => stamps,
    });
    lab.close(prober.close);
    await until(() => prober.results().some(({ streak }) => streak >= 2), 'two rounds');
    const results = prober.results().map(({ flow, stamp, ok, status }) => ({ flow, stamp, ok, status }));
    expect(results).toEqual([
      { flow: 'browse', stamp: 'good', ok: true, status: 200 },
      { flow: 'browse', stamp: 'bad', ok: false, status: 503 },
    ]);
    expect(asked[0]).toMatchObject({ url: '/shop', headers: { 'x-alwayson-probe': 'token' } });
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(new Set(asked.map(({ socket }) => socket)).size).toBe(2);
    stamps = ['good'];
    expect(prober.results()).toHaveLength(1);
  },
);

probing('without a gateway of its own a stamp is asked through the front door', async (lab) => {
  const { asked } = await lab.openDoor(lab.frontDoor);
  const prober = startStampProber({
    ...commonOf(lab),
    gateway: `http://${lab.gateway}:${port}`,
    stamps: () => ['good'],
  });
  lab.close(prober.close);
  await until(() => prober.results().length > 0, 'a result');
  expect(prober.results()[0]).toMatchObject({ ok: true, stamp: 'good' });
  expect(asked[0]?.headers['x-alwayson-stamp']).toBe('good');
});

probing('a kept connection that is closed just when it is used is no failure', async (lab) => {
  const { server } = await lab.openDoor(lab.gateway);
  // Longer than the prober's interval, as a gateway's is.
  server.keepAliveTimeout = 60_000;
  const prober = startStampProber({
    ...commonOf(lab),
    gateway: `http://${lab.gateway}:${port}`,
    stamps: () => ['good'],
  });
  lab.close(prober.close);
  await until(() => prober.results().length > 0, 'a result');
  let reset = false;
  server.prependOnceListener('request', (request) => {
    request.socket.resetAndDestroy();
    reset = true;
  });
  const before = prober.results()[0]?.at;
  await until(() => prober.results()[0]?.at !== before, 'another');
  expect(reset).toBe(true);
  expect(prober.results()[0]).toMatchObject({ ok: true, streak: 2 });
});

probing('a write is marked as test data, with a key and a fresh id each time', async (lab) => {
  const { asked } = await lab.openDoor(lab.frontDoor);
  const told: unknown[] = [];
  const start = () =>
    startWriteProber({ ...commonOf(lab), apiKey: 'key-1', onResult: (result) => void told.push(result) });
  for (const times of [1, 2]) {
    const prober = start();
    await until(() => told.length === times, 'a write');
    expect(prober.results()).toMatchObject([{ flow: 'remark', ok: true, streak: 1 }]);
    prober.close();
  }
  const ids = asked.map(({ url }) => url?.replace('/remarks/', ''));
  expect(new Set(ids).size).toBe(2);
  expect(asked[0]).toMatchObject({
    method: 'POST',
    headers: {
      'x-alwayson-probe': 'token',
      'x-api-key': 'key-1',
      'x-test-data': 'true',
      'idempotency-key': ids[0],
      'content-type': 'application/json',
    },
  });
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ text: `probe ${ids[0]}`, at: { n: 1 } });
  expect(told).toMatchObject([{ flow: 'remark', ok: true, atMs: expect.any(Number) }, {}]);
});

probing('a door that is closed and a body that never ends are failures, with a reason', async (lab) => {
  const told: unknown[] = [];
  const onResult = (result: unknown) => void told.push(result);
  const closed = startFlowProber({ ...commonOf(lab), onResult });
  await until(() => closed.results().length === 1, 'a result');
  closed.close();
  expect(closed.results()[0]).toMatchObject({ ok: false, status: null, reason: /ECONNREFUSED/ });
  await lab.openDoor(lab.frontDoor);
  const open = startFlowProber({ ...commonOf(lab), onResult });
  lab.close(open.close);
  await until(() => open.results().some(({ flow }) => flow === 'search'), 'the late one');
  const late = open.results().find(({ flow }) => flow === 'search');
  expect(late).toMatchObject({ ok: false, status: 200, reason: 'no whole answer within 4000 ms' });
});

probing('stamps are those that the gateway agent names, once each, also while it is silent', async (lab) => {
  const { asked, server } = await lab.openDoor(lab.gateway);
  const stamps = watchGatewayStamps({ agentUrl: `http://${lab.gateway}:${port}`, token: 'agents' });
  lab.close(stamps.close);
  await until(() => stamps.list().length > 0, 'stamps');
  expect(stamps.list()).toEqual(['a', 'b']);
  expect(asked[0]).toMatchObject({ url: '/report', headers: { authorization: 'Bearer agents' } });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(stamps.list()).toEqual(['a', 'b']);
});

probing('rounds are even, and a target that hangs is not asked twice and holds up nobody', async (lab) => {
  const asked: string[] = [];
  const rounds = startProbeRounds({
    list: () => [{ key: 'a' }, { key: 'b' }],
    intervalMs: 100,
    probe: async ({ key }) => {
      asked.push(key);
      if (key === 'a') await sleep(60_000, undefined, { ref: false });
      return true;
    },
  });
  lab.close(rounds.close);
  await until(() => asked.length >= 5, 'some rounds');
  expect(asked.filter((key) => key === 'a')).toEqual(['a']);
});

probing('a target that failed is asked again soon, until it is well', async (lab) => {
  const asked: { key: string; at: number }[] = [];
  let answers = 0;
  const rounds = startProbeRounds({
    list: () => [{ key: 'a' }],
    intervalMs: 60_000,
    probe: async ({ key }) => {
      asked.push({ key, at: performance.now() });
      answers += 1;
      return answers > 2;
    },
  });
  lab.close(rounds.close);
  await until(() => asked.length === 3, 'two more questions');
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  expect(second - first).toBeGreaterThan(1500);
  expect(second - first).toBeLessThan(30_000);
});
