import { setTimeout as sleep } from 'node:timers/promises';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadResult, startLoad } from './load.ts';
import { createRig, type Rig, type Stamp, toRecord, until } from './rig.ts';

let rig: Rig;
let west1: Stamp;
let west2: Stamp;
let east1: Stamp;
let west: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;

beforeAll(async () => {
  rig = await createRig(42);
  [west1, west2, east1] = await Promise.all([
    rig.startStamp('west-1'),
    rig.startStamp('west-2'),
    rig.startStamp('east-1'),
  ]);
  const flows = ['browse', 'order', 'pay', 'ask'].map((name) => {
    return { name, requests: [{ methods: ['GET'], path: `/${name}/**` }] };
  });
  record = toRecord([west1, west2, east1], { flows });
  west = await rig.startGateway('west', record);
});
afterAll(() => rig.close());

const ids = () => [west1, west2, east1].map(({ route }) => route.id) as [string, string, string];
const weigh = (...weights: number[]) =>
  Object.fromEntries(ids().map((id, index) => [id, weights[index] ?? 0]));

/** Brings the next generation into force; answers the report. */
async function put(change: Pick<Partial<RouteRecord>, 'stamps' | 'pools' | 'detours' | 'limits' | 'shed'>) {
  const { detours: _detours, pools: _pools, shed: _shed, ...rest } = record;
  record = { ...rest, ...change, generation: record.generation + 1 };
  const answer = await west.put(record);
  expect(answer).toMatchObject({ status: 200, body: { inForce: true, generation: record.generation } });
  return answer.body;
}

/** Which stamps serve a flow, by the share of 40 requests. */
async function share(flow: string): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const answer = await fetch(`${rig.frontDoor}/${flow}/`);
      return ((await answer.json()) as { stamp: string }).stamp;
    }),
  );
  return ids().map((id) => answers.filter((stamp) => stamp === id).length / answers.length);
}
const total = ({ byStamp }: LoadResult) => [...byStamp.values()].reduce((sum, count) => sum + count, 0);

test('own shares of 0 send everything to the other region, and back, without a reload and without a loss', async () => {
  const load = startLoad({ url: `${rig.frontDoor}/browse/?ms=5`, perSecond: 150 });
  const { stamps } = record;
  const away = stamps.map((stamp) => (stamp.region === 'west' ? { ...stamp, weight: 0 } : stamp));
  const report = await put({ stamps: away });
  expect(report.haproxy.reloads).toBe(0);
  expect(await share('browse')).toEqual([0, 0, 1]);
  await put({ stamps });
  expect(await share('browse')).toEqual([0.5, 0.5, 0]);
  expect((await load.stop()).failures).toEqual([]);
});

test('a pool of this gateway spreads over both regions by weight, and is read back', async () => {
  const load = startLoad({ url: `${rig.frontDoor}/browse/?ms=5`, perSecond: 150 });
  const report = await put({ pools: [{ gateway: 'west', weights: weigh(100, 100, 200) }] });
  expect(report).toMatchObject({ pool: weigh(100, 100, 200), haproxy: { reloads: 0 } });
  expect(await share('browse')).toEqual([0.25, 0.25, 0.5]);
  const served = report.servers.find(({ stamp }) => stamp === east1.route.id)?.requests ?? 0;
  await until(async () => {
    const now = (await west.report()).body.servers.find(({ stamp }) => stamp === east1.route.id);
    return (now?.requests ?? 0) > served + 20;
  }, 'requests of the pool to be counted');
  expect(await put({ pools: [{ gateway: 'east', weights: weigh(1, 1, 1) }] })).toMatchObject({ pool: null });
  expect(await share('browse')).toEqual([0.5, 0.5, 0]);
  expect((await load.stop()).failures).toEqual([]);
});

test('a detour changes the stamps of one flow only; with no own stamp left the other region serves it', async () => {
  const detours = [
    { flow: 'order', weights: { [west1.route.id]: 0 } },
    { flow: 'pay', weights: weigh(0, 0, 50) },
    { flow: 'ask', weights: { [west1.route.id]: 0 } },
  ];
  const report = await put({ detours });
  expect(report).toMatchObject({
    haproxy: { reloads: 0 },
    detours: [
      { flow: 'order', weights: weigh(0, 100, 100) },
      { flow: 'ask', weights: weigh(0, 100, 100) },
      { flow: 'pay', weights: weigh(0, 0, 50) },
    ],
  });
  const flows = ['browse', 'order', 'pay', 'ask'];
  const shares = [
    [0.5, 0.5, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 1, 0],
  ];
  expect(await Promise.all(flows.map(share))).toEqual(shares);
});

test('detours survive a killed HAProxy, a killed agent, and both, with nobody there to tell them', async () => {
  const kill = async () => {
    const master = west.master()?.pid;
    process.kill(await west.worker(), 'SIGKILL');
    await until(() => west.master()?.pid !== master, 'the host to start HAProxy again');
    await until(
      () =>
        share('pay').then(
          (shares) => shares[2] === 1,
          () => false,
        ),
      'the front door',
    );
  };
  await kill();
  expect(await share('order')).toEqual([0, 1, 0]);
  west.agent.kill('SIGKILL');
  await kill();
  expect(await share('order')).toEqual([0, 1, 0]);
  expect(await share('browse')).toEqual([0.5, 0.5, 0]);
  west.agent = await west.startAgent();
  await until(async () => (await west.report()).body.inForce, 'the record in force');
  const { body } = await west.report();
  expect(body).toMatchObject({ generation: record.generation, haproxy: { reloads: 0 } });
  expect(body.detours).toHaveLength(3);
});

test('more kinds of detours than are held ready come with a reload, and one less goes without a loss', async () => {
  const load = startLoad({ url: `${rig.frontDoor}/pay/?ms=5`, perSecond: 150 });
  const detours = [
    { flow: 'pay', weights: weigh(0, 0, 50) },
    { flow: 'order', weights: { [west1.route.id]: 0 } },
    { flow: 'ask', weights: { [west2.route.id]: 0 } },
  ];
  const report = await put({ detours });
  expect(report.haproxy.reloads).toBe(1);
  expect(report.detours).toHaveLength(3);
  expect(await Promise.all(['pay', 'order', 'ask'].map(share))).toEqual([
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ]);
  const result = await load.stop();
  expect(result.failures).toEqual([]);
  // While a busy machine is late with a check, the flow goes where everything goes.
  expect((result.byStamp.get(east1.route.id) ?? 0) / result.sent).toBeGreaterThan(0.95);
});

test('a detour without a stamp that is up goes where everything else goes', async () => {
  await put({ detours: [{ flow: 'order', weights: weigh(0, 0, 0) }] });
  expect(await share('order')).toEqual([0.5, 0.5, 0]);
  const stamps = record.stamps.map((stamp) =>
    stamp.id === west2.route.id ? { ...stamp, state: 'off' as const } : stamp,
  );
  const load = startLoad({ url: `${rig.frontDoor}/order/?ms=50`, perSecond: 100 });
  await put({ stamps: record.stamps, detours: [{ flow: 'order', weights: weigh(0, 100, 0) }] });
  await until(() => (load.result.byStamp.get(west2.route.id) ?? 0) > 20, 'the detour to serve');
  await put({ stamps, detours: [{ flow: 'order', weights: weigh(0, 100, 0) }] });
  expect(await share('order')).toEqual([1, 0, 0]);
  expect((await load.stop()).failures).toEqual([]);
  await put({ stamps: stamps.map((stamp) => ({ ...stamp, state: 'ready' as const })) });
  expect(await share('order')).toEqual([0.5, 0.5, 0]);
});

test('kill -9 and SIGSTOP of a stamp lose no safe request of a pool or a detour', async () => {
  await put({
    pools: [{ gateway: 'west', weights: weigh(100, 100, 100) }],
    detours: [{ flow: 'order', weights: weigh(100, 1, 0) }],
  });
  const loads = ['browse', 'order'].map((flow) =>
    startLoad({ url: `${rig.frontDoor}/${flow}/?ms=5`, perSecond: 80 }),
  );
  await sleep(300);
  west1.component.kill('SIGKILL');
  await until(
    async () => (await west.report()).body.servers.some(({ state }) => state === 'down'),
    'west-1 down',
  );
  west1.component = rig.startProgram('component', west1.route);
  await until(
    async () => (await west.report()).body.servers.every(({ state }) => state === 'up'),
    'west-1 up',
  );
  for (const child of [west1.agent, west1.component]) child.kill('SIGSTOP');
  await until(
    async () => (await west.report()).body.servers.some(({ state }) => state === 'down'),
    'west-1 down',
  );
  const results = await Promise.all(loads.map((load) => load.stop()));
  for (const child of [west1.agent, west1.component]) child.kill('SIGCONT');
  for (const result of results) {
    console.log('pool', result.sent, result.maxMs, result.failures, Object.fromEntries(result.byStamp));
    expect(result.failures).toEqual([]);
    expect(total(result)).toBe(result.sent);
  }
});
