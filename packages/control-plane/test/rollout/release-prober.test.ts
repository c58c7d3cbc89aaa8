import { createSocket } from 'node:dgram';
import { countSamples } from '@alwayson/protocol/latency-histogram.ts';
import { type GatewayLine, parseGatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import { createReleaseProber } from '../../src/rollout/release-prober.ts';
import { createGatewayEstate, manifest, oldRelease, type TestStamp, toRoutes } from './gateway-estate.ts';

type Estate = Awaited<ReturnType<typeof createGatewayEstate>>;
type Gateway = Awaited<ReturnType<Estate['startGateway']>>;

let estate: Estate;
let stamps: TestStamp[];
let gateways: Record<'west' | 'east', Gateway>;
const lines: Record<'west' | 'east', GatewayLine[]> = { west: [], east: [] };
const logs = { west: createSocket('udp4'), east: createSocket('udp4') };

beforeAll(async () => {
  estate = await createGatewayEstate(60);
  stamps = [await estate.startStamp('west-1', oldRelease), await estate.startStamp('east-1', oldRelease)];
  for (const region of ['west', 'east'] as const) {
    logs[region].on('message', (text) => {
      const line = parseGatewayLine(text.toString());
      if (line !== null) lines[region].push(line);
    });
    const address = estate.rig.address(region === 'west' ? 12 : 22);
    await new Promise<void>((resolve) => logs[region].bind(7201, address, resolve));
  }
  const record = toRoutes(stamps);
  gateways = {
    west: await estate.startGateway('west', record),
    east: await estate.startGateway('east', record),
  };
});
afterAll(async () => {
  for (const log of Object.values(logs)) log.close();
  await estate.close();
});

function startProber() {
  const prober = createReleaseProber({
    environment: estate.environment,
    flows: manifest.flows,
    now: Date.now,
  });
  onTestFinished(() => void prober.stop());
  return prober;
}
const stateOf = (prober: ReturnType<typeof startProber>) => {
  const state = prober.state();
  if (state === null) throw new Error('it does not run');
  return state;
};

/** What HAProxy itself counted at its front door. */
async function countConnections() {
  const texts = await Promise.all(
    Object.values(gateways).map(async ({ metrics }) => (await fetch(`${metrics}/metrics`)).text()),
  );
  const sumOf = (name: string) =>
    texts
      .flatMap((text) => [...text.matchAll(new RegExp(`^${name}\\{proxy="front_door"\\} (\\d+)`, 'gm'))])
      .reduce((sum, [, count]) => sum + Number(count), 0);
  return {
    connections: sumOf('haproxy_frontend_connections_total'),
    requests: sumOf('haproxy_frontend_http_requests_total'),
  };
}

test('twenty a second reach the high-criticality flows through every gateway, half on new connections, none as a user', async () => {
  for (const region of ['west', 'east'] as const) lines[region].length = 0;
  const before = await countConnections();
  const prober = startProber();
  expect(prober.state()).toBeNull();
  const startedAt = performance.now();
  prober.start(null);
  await until(() => stateOf(prober).sent >= 120, 'probes');
  const seconds = (performance.now() - startedAt) / 1000;
  const state = stateOf(prober);
  expect(prober.stop()).toMatchObject({ from: state.from, failed: 0 });
  expect(prober.state()).toBeNull();
  expect(prober.stop()).toBeNull();
  expect(state).toMatchObject({ failed: 0, failures: [] });
  expect(countSamples(state.latency)).toBe(state.sent);
  // What holds up this process makes it fewer, never more.
  expect(state.sent).toBeLessThanOrEqual(seconds * 20 + 2);
  expect(state.longestGapMs).toBeLessThan(1000);
  const all = Object.values(lines).flat();
  await until(() => Object.values(lines).flat().length >= 120, 'lines');
  expect(all.every(({ synthetic }) => synthetic)).toBe(true);
  expect(new Set(all.map(({ path }) => path))).toEqual(new Set(['/shop/list', '/shop/7']));
  for (const region of ['west', 'east'] as const) expect(lines[region].length).toBeGreaterThan(30);
  const after = await countConnections();
  const requests = after.requests - before.requests;
  // Kept connections were new once.
  const connections = after.connections - before.connections;
  expect(connections / requests).toBeGreaterThan(0.45);
  expect(connections / requests).toBeLessThan(0.7);
  const heard = stamps.flatMap((stamp) => stamp.heard);
  expect(heard.some(({ headers }) => headers['x-alwayson-probe'] !== undefined)).toBe(false);
});

test('it asks on while nothing answers, and tells the longest time without an answer', async () => {
  const prober = startProber();
  prober.start(null);
  await until(() => stateOf(prober).sent >= 20, 'probes');
  const heard = () => stamps.reduce((sum, stamp) => sum + stamp.heard.length, 0);
  const before = heard();
  for (const stamp of stamps) for (const path of ['/shop/list', '/shop/7']) stamp.behave(path, { ms: 1200 });
  await until(() => heard() >= before + 16, 'probes that wait');
  for (const stamp of stamps) for (const path of ['/shop/list', '/shop/7']) stamp.behave(path, {});
  await until(() => stateOf(prober).longestGapMs >= 500, 'the gap');
  await until(() => stateOf(prober).sent >= 80, 'probes');
  const { failed, longestGapMs } = stateOf(prober);
  expect(failed).toBe(0);
  expect(longestGapMs).toBeLessThan(2000);
});

test('a bad answer and no answer in time are failures', async () => {
  const prober = startProber();
  for (const stamp of stamps) {
    stamp.behave('/shop/list', { status: 500 });
    stamp.behave('/shop/7', { ms: 2500 });
  }
  prober.start(null);
  await until(() => {
    const texts = stateOf(prober).failures.map(({ path, text }) => `${path} ${text}`);
    return texts.includes('/shop/list HTTP 500') && texts.includes('/shop/7 no answer within 2000 ms');
  }, 'both failures');
  const state = stateOf(prober);
  expect(state.failed).toBe(state.sent);
  expect(state.longestGapMs).toBeGreaterThan(1900);
  for (const stamp of stamps) for (const path of ['/shop/list', '/shop/7']) stamp.behave(path, {});
});

test('where a gateway is gone the front door is asked, as a user would be sent on', async () => {
  const prober = startProber();
  prober.start(null);
  await until(() => stateOf(prober).sent >= 20, 'probes');
  const worker = await gateways.east.worker();
  // The master would start another.
  const masterPid = gateways.east.master()?.pid ?? 0;
  process.kill(masterPid, 'SIGSTOP');
  process.kill(worker, 'SIGKILL');
  const sent = stateOf(prober).sent;
  await until(() => stateOf(prober).sent >= sent + 60, 'probes without the east');
  const { failed } = stateOf(prober);
  // What was on its way when it died.
  expect(failed).toBeLessThanOrEqual(3);
  process.kill(masterPid, 'SIGCONT');
});

test('after a restart it goes on from what was kept, and says that it was away', async () => {
  const first = startProber();
  first.start(null);
  await until(() => stateOf(first).sent >= 10, 'probes');
  const kept = structuredClone(stateOf(first));
  first.stop();
  const second = startProber();
  second.start({ ...kept, at: kept.at - 5000 });
  await until(() => stateOf(second).sent >= kept.sent + 10, 'probes');
  expect(stateOf(second)).toMatchObject({ from: kept.from, away: { times: 1 } });
  expect(stateOf(second).away.ms).toBeGreaterThanOrEqual(5000);
});

test('what held up this process is not held against the gateways', async () => {
  const prober = startProber();
  prober.start(null);
  await until(() => stateOf(prober).sent >= 10, 'probes');
  const before = stateOf(prober).away.times;
  const blockUntil = performance.now() + 600;
  while (performance.now() < blockUntil);
  await until(() => stateOf(prober).sent >= 30, 'probes');
  expect(stateOf(prober).longestGapMs).toBeLessThan(500);
  expect(stateOf(prober).away.times).toBe(before);
  const longUntil = performance.now() + 1300;
  while (performance.now() < longUntil);
  await until(() => stateOf(prober).sent >= 50, 'probes');
  expect(stateOf(prober).away.times).toBe(before + 1);
});
