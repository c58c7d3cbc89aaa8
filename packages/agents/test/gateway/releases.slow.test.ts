import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isRouted, sessionsOf } from '@alwayson/core/routes/find-stamp-use.ts';
import { isPartsInForce } from '@alwayson/core/routes/is-parts-in-force.ts';
import type { GatewayReport, RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadResult, startLoad } from './load.ts';
import { createRig, frontDoorPort, type Rig, type Stamp, toRecord, until } from './rig.ts';

let rig: Rig;
let old: Stamp[];
let next: Stamp[];
let west: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;

beforeAll(async () => {
  rig = await createRig(65);
  old = await Promise.all(['west-1', 'west-2'].map((zone) => rig.startStamp(zone)));
  record = toRecord(old);
  west = await rig.startGateway('west', record);
});
afterAll(() => rig.close());

async function put(change: Partial<RouteRecord>): Promise<GatewayReport> {
  record = { ...record, ...change, generation: record.generation + 1 };
  const answer = await west.put(record);
  expect(answer).toMatchObject({ status: 200, body: { inForce: true, generation: record.generation } });
  return answer.body;
}

const toRoutes = (stamps: readonly Stamp[], change: Partial<RouteStamp>): RouteStamp[] =>
  stamps.map(({ route }) => ({ ...route, ...change }));

/** What the control plane sees of the only gateway. */
async function reports(): Promise<ReadonlyMap<string, GatewayReport | null>> {
  return new Map([['west', (await west.report()).body]]);
}

const servedBy = ({ byStamp }: LoadResult, stamps: readonly Stamp[]) =>
  stamps.reduce((sum, { route }) => sum + (byStamp.get(route.id) ?? 0), 0);

const loadFor = (keepAlive: boolean) =>
  startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: keepAlive ? 80 : 40, keepAlive });

const countedRequests = 240;

/** Four standard deviations of a part that so many requests show, and what the first of a step may be off by. */
const toleranceOf = (part: number) => 0.02 + 4 * Math.sqrt((part * (1 - part)) / countedRequests);

/** Which part new stamps have of requests over new connections, which meet the newest process only. */
async function measurePart(result: LoadResult): Promise<number> {
  const count = () => ({ all: servedBy(result, [...old, ...next]), next: servedBy(result, next) });
  const start = count().all;
  // What was on its way when shares changed is over by then.
  await until(() => count().all >= start + 60, 'requests at this step');
  const before = count();
  await until(() => count().all >= before.all + countedRequests, 'requests to count');
  const after = count();
  return (after.next - before.next) / (after.all - before.all);
}

/** Weights as shares make them: the old stamps have 256, the new ones what the part comes to beside them. */
const steps = [
  { part: 0.05, weights: [256, 13] },
  { part: 0.25, weights: [256, 85] },
  { part: 0.5, weights: [256, 256] },
  { part: 1, weights: [0, 256] },
] as const;

test('a whole release under load: stamps come, take 5, 25, 50 and 100 %, the old ones go; nothing is lost', async () => {
  const loads = [loadFor(true), loadFor(false)] as const;
  next = await Promise.all(['west-1', 'west-2'].map((zone) => rig.startStamp(zone, 'bbbbbb')));
  const toRollout = (part: number) => ({ candidate: 'bbbbbb', parts: { west: part } });
  const added = await put({
    stamps: [...toRoutes(old, { weight: 256 }), ...toRoutes(next, { weight: 0 })],
    rollout: toRollout(0),
  });
  expect(added.haproxy.reloads).toBe(1);
  for (const { route } of next) {
    const server = added.servers.find(({ stamp }) => stamp === route.id);
    expect(server).toMatchObject({ weight: 0, requests: 0, state: 'drain' });
    expect(await readFile(join(west.dir, 'haproxy.cfg'), 'utf8')).toMatch(
      new RegExp(`server ${route.id} \\S+ weight 0 check`),
    );
  }
  for (const { route } of old)
    expect(added.servers.find(({ stamp }) => stamp === route.id)?.state).toBe('up');

  for (const { part, weights } of steps) {
    const report = await put({
      stamps: [...toRoutes(old, { weight: weights[0] }), ...toRoutes(next, { weight: weights[1] })],
      rollout: toRollout(part),
    });
    expect(report.haproxy.reloads).toBe(1);
    expect(
      isPartsInForce(record, await reports(), { rollout: toRollout(part), livingRegions: ['west'] }),
    ).toEqual({ inForce: true, missing: [] });
    expect(
      isPartsInForce(record, await reports(), { rollout: toRollout(0.9), livingRegions: ['west'] }),
    ).toEqual({ inForce: false, missing: ['west'] });
    expect(Math.abs((await measurePart(loads[1].result)) - part)).toBeLessThan(toleranceOf(part));
  }

  await put({
    stamps: [...toRoutes(old, { weight: 0, state: 'drain' }), ...toRoutes(next, { weight: 256 })],
  });
  const isUnused = async () => {
    const seen = await reports();
    return old.every(({ route }) => !isRouted(seen, route.id) && sessionsOf(seen, route.id) === 0);
  };
  await until(isUnused, 'old stamps without a route and a session');
  const off = await put({
    stamps: [...toRoutes(old, { weight: 0, state: 'off' }), ...toRoutes(next, { weight: 256 })],
  });
  expect(off.servers.filter(({ state }) => state === 'maintenance')).toHaveLength(2);
  for (const { agent, component } of old) for (const child of [agent, component]) child.kill('SIGKILL');
  const { rollout: _rollout, ...rest } = record;
  record = rest;
  const removed = await put({ stamps: toRoutes(next, { weight: 256 }) });
  expect(removed.haproxy.reloads).toBe(2);
  expect(removed).not.toHaveProperty('rollout');
  expect(removed.servers.map(({ stamp, state }) => `${stamp} ${state}`).sort()).toEqual(
    next.map(({ route }) => `${route.id} up`).sort(),
  );
  const results = await Promise.all(loads.map((load) => load.stop()));
  console.log(
    'a release',
    results.map(({ sent, failures, maxMs, p99Ms }) => ({ sent, failed: failures.length, maxMs, p99Ms })),
  );
  for (const { failures } of results) expect(failures).toEqual([]);
});

test('a process that was replaced is told of, with the stamps it still knows, until its last client is gone', async () => {
  const idle = await askAndIdle();
  await put({ flows: record.flows.slice(0, 1) });
  const replaced = async () => (await west.report()).body.haproxy.replaced;
  // The master answers a moment after its new process.
  await until(async () => (await replaced()) !== undefined, 'its processes');
  const { body } = await west.report();
  expect(body.haproxy.replaced).toEqual([
    { pid: expect.any(Number), stamps: expect.arrayContaining(next.map(({ route }) => route.id)) },
  ]);
  expect(body.haproxy.replaced?.[0]?.pid).not.toBe(body.haproxy.pid);
  expect(sessionsOf(new Map([['west', body]]), next[0]?.route.id ?? '')).toBeNull();
  expect(await idle.askAgain()).toMatch(/^HTTP\/1\.1 200[^]*connection: close/i);
  await until(async () => (await replaced())?.length === 0, 'the process to end');
});

/** A client that had its answer and keeps its connection. */
async function askAndIdle() {
  const socket = connect(frontDoorPort, rig.address(100));
  const answer = () =>
    new Promise<string>((resolve, reject) => {
      socket.once('data', (chunk) => resolve(chunk.toString()));
      socket.once('error', reject);
      socket.write('GET /shop/ HTTP/1.1\r\nHost: a\r\n\r\n');
    });
  await answer();
  return { askAgain: answer };
}

test('records that come in close order share a reload, and the last one is in force', async () => {
  const reloads = async () => (await west.report()).body.haproxy.reloads;
  const before = await reloads();
  const answers = [];
  for (let round = 0; round < 4; round += 1) {
    const flows = [{ name: `browse-${round}`, requests: [{ methods: ['GET'], path: '/shop/**' }] }];
    record = { ...record, flows, generation: record.generation + 1 };
    answers.push(west.put(record));
    await until(async () => (await west.report()).body.generation === record.generation, 'it to be taken');
  }
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  await until(async () => (await west.report()).body.inForce, 'the last one in force');
  expect((await west.report()).body.generation).toBe(record.generation);
  expect((await reloads()) - before).toBeLessThanOrEqual(2);
});

test('a dead stamp that leaves maintenance looks well to HAProxy at first: without a share nobody notices', async () => {
  const [first, second] = next as [Stamp, Stamp];
  const alone = { ...second.route, weight: 256 };
  await put({ stamps: [{ ...first.route, weight: 0, state: 'off' }, alone] });
  for (const child of [first.agent, first.component]) child.kill('SIGKILL');
  await until(() => first.component.signalCode !== null, 'it to end');
  const load = loadFor(true);
  await put({ stamps: [{ ...first.route, weight: 0, state: 'ready' }, alone] });
  const stateOf = async () =>
    (await west.report()).body.servers.find(({ stamp }) => stamp === first.route.id)?.state;
  await until(async () => (await stateOf()) === 'down', 'HAProxy to find it dead');
  const result = await load.stop();
  expect(result.failures).toEqual([]);
  expect([...result.byStamp.keys()]).toEqual([second.route.id]);
  first.component = rig.startProgram('component', first.route);
  first.agent = rig.startProgram('agent', first.route);
  await until(async () => (await stateOf()) === 'drain', 'it to be well again');
});

test('stamps at part 0 catch everything when all others die, with nobody there to tell the gateway', async () => {
  const [first, second] = next as [Stamp, Stamp];
  await put({
    stamps: [
      { ...first.route, weight: 0 },
      { ...second.route, weight: 256 },
    ],
  });
  const load = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 50, keepAlive: false });
  await until(() => (load.result.byStamp.get(second.route.id) ?? 0) > 20, 'the load');
  west.agent.kill('SIGKILL');
  const before = load.result.byStamp.get(first.route.id) ?? 0;
  for (const child of [second.agent, second.component]) child.kill('SIGKILL');
  await until(() => (load.result.byStamp.get(first.route.id) ?? 0) > before + 50, 'the other one to serve');
  const failed = load.result.failures.length;
  const { sent } = load.result;
  await until(() => load.result.sent > sent + 100, 'more requests');
  const result = await load.stop();
  console.log('the last one with a share dies', { sent: result.sent, failures: result.failures.length });
  // Lost is only what met refusals until they had taken it out.
  expect(result.failures.length).toBe(failed);
  expect([...result.byStamp.keys()].sort()).toEqual([first.route.id, second.route.id]);
});
