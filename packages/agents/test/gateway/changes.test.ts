import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { startLoad } from './load.ts';
import { createRig, type Rig, type Stamp, toRecord, until } from './rig.ts';

let rig: Rig;
let west1: Stamp;
let west2: Stamp;
let east1: Stamp;
let west: Awaited<ReturnType<Rig['startGateway']>>;
let east: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;

beforeAll(async () => {
  rig = await createRig(20);
  [west1, west2, east1] = await Promise.all([
    rig.startStamp('west-1'),
    rig.startStamp('west-2'),
    rig.startStamp('east-1'),
  ]);
  record = toRecord([west1, west2, east1]);
  west = await rig.startGateway('west', record);
});
afterAll(() => rig.close());

/** The next generation, with other shares for some stamps. */
function shift(shares: Record<string, Partial<RouteRecord['stamps'][number]>>): RouteRecord {
  const stamps = record.stamps.map((stamp) => ({ ...stamp, ...shares[stamp.id] }));
  record = { ...record, generation: record.generation + 1, stamps };
  return record;
}

/** A report of before that moment tells of a HAProxy that is gone. */
async function untilInForceSince(moment: number) {
  let report = await west.report();
  await until(async () => {
    report = await west.report();
    return report.body.inForce && report.body.seenAt > moment;
  }, 'the record in force again');
  return report.body;
}

test('a weight shift and a drain under load lose nothing, need no reload and are read back', async () => {
  const load = startLoad({ url: `${rig.frontDoor}/shop/?ms=20`, perSecond: 200 });
  for (const weight of [50, 10, 1]) {
    const answer = await west.put(shift({ [west1.route.id]: { weight } }));
    expect(answer).toMatchObject({ status: 200, body: { inForce: true, generation: record.generation } });
    await sleep(150);
  }
  const drained = await west.put(shift({ [west1.route.id]: { state: 'drain' } }));
  expect(drained.body.servers).toContainEqual(
    expect.objectContaining({ stamp: west1.route.id, state: 'drain', weight: 0 }),
  );
  const before = load.result.byStamp.get(west1.route.id);
  await sleep(500);
  expect(load.result.byStamp.get(west1.route.id)).toBe(before);
  const off = await west.put(shift({ [west1.route.id]: { state: 'off' } }));
  expect(off.body).toMatchObject({ inForce: true, haproxy: { reloads: 0 } });
  expect(off.body.servers.find(({ stamp }) => stamp === west1.route.id)?.state).toBe('maintenance');
  await west.put(shift({ [west1.route.id]: { state: 'ready', weight: 100 } }));
  const result = await load.stop();
  expect(result.failures).toEqual([]);
});

test('a stamp that goes off directly finishes its requests first', async () => {
  const url = `${rig.frontDoor}/shop/?ms=1500`;
  const slow = Array.from({ length: 8 }, () =>
    fetch(url, { method: 'POST', body: '{}' }).then(({ status }) => status),
  );
  await sleep(300);
  const answer = await west.put(shift({ [west1.route.id]: { state: 'off' } }));
  expect(answer.body.inForce).toBe(true);
  expect(new Set(await Promise.all(slow))).toEqual(new Set([200]));
  await west.put(shift({ [west1.route.id]: { state: 'ready' } }));
});

test('reloads under load lose nothing, come at most every 5 s, and carry shares and health over', async () => {
  const load = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 150 });
  const single = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 50, keepAlive: false });
  await west.put(shift({ [west2.route.id]: { weight: 30 } }));
  const startedAt = Date.now();
  for (let round = 0; round < 5; round += 1) {
    record = {
      ...record,
      generation: record.generation + 1,
      flows: [{ ...first(record.flows), name: `browse-${round}` }],
    };
    const answer = await west.put(record);
    expect(answer.body).toMatchObject({
      inForce: true,
      generation: record.generation,
      haproxy: { reloads: round + 1 },
    });
    expect(answer.body.servers).toContainEqual(
      expect.objectContaining({ stamp: west2.route.id, state: 'up', weight: 30 }),
    );
  }
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(4 * 5000 - 500);
  const results = await Promise.all([load.stop(), single.stop()]);
  console.log(
    '5 reloads',
    results.map(({ sent, failures, maxMs, p99Ms }) => ({ sent, failed: failures.length, maxMs, p99Ms })),
  );
  for (const result of results) {
    expect(result.failures).toEqual([]);
    // Also the replaced process goes by shares: not a request leaves the region.
    expect(result.byStamp.has(east1.route.id)).toBe(false);
  }
});

test('nonsense and the past are refused, and the running gateway does not notice', async () => {
  const old = { ...record, generation: record.generation - 1 };
  expect(await west.put(old)).toMatchObject({ status: 409, body: { code: 'AON_GENERATION_OLD' } });
  expect(await west.put({ ...record, limits: { ...record.limits, requestTimeoutMs: 1 } })).toMatchObject({
    status: 409,
  });
  const next = { ...record, generation: record.generation + 1 };
  const none = { ...next, stamps: next.stamps.map((stamp) => ({ ...stamp, weight: 0 })) };
  expect(await west.put(none)).toMatchObject({ status: 422, body: { code: 'AON_ROUTES_REFUSED' } });
  const strange = { ...next, stamps: next.stamps.map((stamp) => ({ ...stamp, address: '10.0.0.1' })) };
  expect(await west.put(strange)).toMatchObject({ status: 422 });
  expect(await west.put({ ...next, surprise: 1 } as RouteRecord)).toMatchObject({ status: 422 });
  expect((await west.report()).body).toMatchObject({ generation: record.generation, inForce: true });
  expect((await west.put(record)).body.inForce).toBe(true);
});

test('a restarted agent adopts what HAProxy runs, and HAProxy killed with -9 comes back from the file', async () => {
  const reloads = (await west.report()).body.haproxy.reloads;
  expect(reloads).toBe(5);
  west.agent.kill('SIGKILL');
  const worker = await west.worker();
  west.agent = await west.startAgent();
  const adopted = await west.report();
  expect(adopted.body).toMatchObject({
    generation: record.generation,
    inForce: true,
    haproxy: { reloads: 0 },
  });
  expect(await west.worker()).toBe(worker);

  const master = west.master()?.pid;
  process.kill(worker, 'SIGKILL');
  await until(() => west.master()?.pid !== master, 'the host to start HAProxy again');
  const { servers } = await untilInForceSince(Date.now());
  expect(servers).toContainEqual(expect.objectContaining({ stamp: west2.route.id, weight: 30 }));
});

test('a killed master takes its worker with it, so that no orphan serves an old record', async () => {
  const worker = await west.worker();
  const at = performance.now();
  west.master()?.kill('SIGKILL');
  await until(async () => (await stateOf(worker)) !== 'alive', 'the worker to end');
  console.log(`worker ended ${Math.round(performance.now() - at)} ms after its master was killed`);
  await untilInForceSince(Date.now());
});

test('a lost record does not let the past in, and a damaged one is set aside', async () => {
  west.agent.kill('SIGKILL');
  await writeFile(join(west.dir, 'routes.json'), '{"epoch":');
  west.agent = await west.startAgent();
  expect((await west.report()).body).toMatchObject({ generation: null, inForce: false });
  expect(await west.put({ ...record, generation: 1 })).toMatchObject({ status: 409 });
  expect((await west.put(record)).body).toMatchObject({ generation: record.generation, inForce: true });
  expect(await readFile(join(west.dir, 'routes.json.corrupt'), 'utf8')).toBe('{"epoch":');
});

test('two gateways share the front door; one killed with -9 costs only what it had in flight', async () => {
  east = await rig.startGateway('east', record);
  const startedAt = performance.now();
  const load = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 200 });
  const single = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 50, keepAlive: false });
  // Connections are spread by chance; many new ones reach both gateways, and through them the stamps of both regions.
  await until(() => single.result.byStamp.size === 3, 'both gateways to serve');
  const killedAtMs = performance.now() - startedAt;
  process.kill(await east.worker(), 'SIGKILL');
  await sleep(1500);
  const results = await Promise.all([load.stop(), single.stop()]);
  const failures = results.flatMap((result) => result.failures);
  console.log('gateway kill -9', { sent: results[0].sent + results[1].sent, failures });
  expect(failures.filter((failure) => Number.parseInt(failure, 10) > killedAtMs + 300)).toEqual([]);
  expect(failures.length).toBeLessThan(40);
});

async function stateOf(pid: number): Promise<'alive' | 'gone'> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status === '' || /^State:\s+Z/m.test(status) ? 'gone' : 'alive';
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('empty');
  return item;
}
