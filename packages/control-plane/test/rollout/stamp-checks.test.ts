import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import type { Places } from '../../src/rollout/living-places.ts';
import { type ReadBack, readBack } from '../../src/rollout/read-back.ts';
import { smokeStamp, type SmokeResult } from '../../src/rollout/smoke-stamp.ts';
import { createStampTools } from '../../src/rollout/stamp-tools.ts';
import { warmStamp } from '../../src/rollout/warm-stamp.ts';
import {
  createGatewayEstate,
  manifest,
  newRelease,
  oldRelease,
  type TestStamp,
  toRoutes,
} from './gateway-estate.ts';

type Estate = Awaited<ReturnType<typeof createGatewayEstate>>;
type Gateway = Awaited<ReturnType<Estate['startGateway']>>;

let estate: Estate;
let old: TestStamp[];
let fresh: TestStamp[];
let gateways: Gateway[];
let places: Places;
let generation = 1;
const dead = new Set<string>();
const signal = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  estate = await createGatewayEstate(70);
  const start = (release: string) =>
    Promise.all(['west-1', 'east-1'].map((zone) => estate.startStamp(zone, release)));
  old = await start(oldRelease);
  fresh = await start(newRelease);
  const record = toRoutes([...old, ...fresh].map(withoutShare));
  gateways = [await estate.startGateway('west', record), await estate.startGateway('east', record)];
  const { environment } = estate;
  const contact = (zone: string) => (dead.has(zone) ? ('refused' as const) : ('connected' as const));
  places = {
    environment,
    placement: { observe: (zone) => ({ zone, contact: contact(zone), since: '', host: null }) },
  };
});
afterAll(() => estate.close());
beforeEach(() => {
  dead.clear();
  for (const stamp of [...old, ...fresh]) {
    stamp.heard.length = 0;
    stamp.reset();
  }
});

/** Old stamps serve, and the candidates get nothing. */
function withoutShare(stamp: TestStamp): TestStamp {
  const weight = stamp.plan.release === newRelease ? 0 : 100;
  return { ...stamp, route: { ...stamp.route, weight } };
}

/** Gives all of the traffic to one release. */
async function route(stamps: readonly TestStamp[], live: string) {
  generation += 1;
  const record = toRoutes(
    stamps.map((stamp) => ({
      ...stamp,
      route: { ...stamp.route, weight: stamp.plan.release === live ? 100 : 0 },
    })),
    { generation },
  );
  await Promise.all(gateways.map((gateway) => gateway.put(record)));
  for (const gateway of gateways)
    await until(async () => {
      const { body } = await gateway.report();
      return body.inForce && body.generation === generation;
    }, 'routes in force');
}

function stampOf(index: number): TestStamp {
  const stamp = fresh[index];
  if (stamp === undefined) throw new Error(`no stamp ${index}`);
  return stamp;
}
const smoke = (stamp: TestStamp) => smokeStamp(places, { stamp: stamp.plan, manifest }, signal());
const textOf = (checks: readonly GateCheck[], flow: string) =>
  checks.filter((check) => check.flow === flow).map(({ verdict, text }) => `${verdict}: ${text}`);

test('every flow of a stamp that gets no traffic is asked through both gateways, and nobody else is', async () => {
  const stamp = stampOf(0);
  const result = await smoke(stamp);
  expect(result).toEqual<SmokeResult>({
    stamp: 'west-1-bbbbbb',
    passed: true,
    checks: [
      { name: 'release', verdict: 'pass', text: 'west-1-bbbbbb says that it is of release bbbbbbbbbbbb' },
      pass('order', 'POST /shop/7/orders: 202 through west, 202 through east'),
      pass('browse', 'GET /shop/list: 200 through west, 200 through east'),
      pass('look', 'GET /shop/7: 200 through west, 200 through east'),
      { name: 'smoke', flow: 'sync', verdict: 'not-enough-data', text: 'not asked: it declares no probe' },
    ],
  });
  expect(stamp.heard.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'GET /shop/7',
    'GET /shop/7',
    'GET /shop/list',
    'GET /shop/list',
    'POST /shop/7/orders',
    'POST /shop/7/orders',
  ]);
  const writes = stamp.heard.filter(({ method }) => method === 'POST');
  expect(new Set(writes.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  for (const { headers, body } of writes) {
    expect(headers).toMatchObject({
      'x-api-key': 'key-1',
      'x-test-data': 'true',
      'content-type': 'application/json',
    });
    expect(JSON.parse(body)).toEqual({ id: headers['idempotency-key'] });
  }
  for (const other of [...old, stampOf(1)]) expect(other.heard).toEqual([]);

  function pass(flow: string, text: string): GateCheck {
    return { name: 'smoke', flow, verdict: 'pass', text };
  }
});

test('a wrong status fails at once', async () => {
  const stamp = stampOf(0);
  stamp.behave('/shop/list', { status: 500 });
  stamp.behave('/shop/7/orders', { status: 401 });
  const { passed, checks } = await smoke(stamp);
  expect(passed).toBe(false);
  expect(textOf(checks, 'browse')).toEqual([
    'fail: GET /shop/list: HTTP 500 through west; HTTP 500 through east',
  ]);
  expect(textOf(checks, 'order')).toEqual([
    'fail: POST /shop/7/orders: HTTP 401 through west; HTTP 401 through east',
  ]);
  expect(textOf(checks, 'look')).toEqual(['pass: GET /shop/7: 200 through west, 200 through east']);
  expect(stamp.heard.filter(({ path }) => path === '/shop/list')).toHaveLength(2);
});

test('a stamp that breaks off its answers fails', async () => {
  const stamp = stampOf(0);
  stamp.behave('/shop/7', 'reset');
  const { passed, checks } = await smoke(stamp);
  expect(passed).toBe(false);
  expect(textOf(checks, 'look')[0]).toMatch(
    /^fail: GET \/shop\/7: (not reached|HTTP 50[23]).* through west; .* through east$/,
  );
});

test('an answer of somebody else, and another release at its address, are found', async () => {
  const stamp = stampOf(0);
  stamp.says.name = 'west-1-aaaaaa-web';
  stamp.says.release = oldRelease;
  const { passed, checks } = await smoke(stamp);
  expect(passed).toBe(false);
  expect(checks[0]).toEqual({
    name: 'release',
    verdict: 'fail',
    text: 'west-1-bbbbbb: its agent says it is of release aaaaaaaaaaaa',
  });
  expect(textOf(checks, 'browse')).toEqual([
    'fail: GET /shop/list: answered by west-1-aaaaaa-web through west; answered by west-1-aaaaaa-web through east',
  ]);
});

test('who does not say who it is passes, and that is told', async () => {
  const stamp = stampOf(0);
  stamp.says.name = null;
  const { passed, checks } = await smoke(stamp);
  expect(passed).toBe(true);
  expect(textOf(checks, 'browse')[0]).toContain('(without saying who it is)');
});

test('a gateway that knows the stamp only a moment later is waited for', async () => {
  const stamp = stampOf(0);
  await route([...old, stampOf(1)], oldRelease);
  const late = smoke(stamp);
  await route([...old, ...fresh], oldRelease);
  const result = await late;
  expect(result).toMatchObject({ passed: true });
});

test('one that no gateway ever knows fails with what they say', async () => {
  await route([...old, stampOf(1)], oldRelease);
  onTestFinished(() => route([...old, ...fresh], oldRelease));
  const { passed, checks } = await smoke(stampOf(0));
  expect(passed).toBe(false);
  expect(textOf(checks, 'look')).toEqual([
    'fail: GET /shop/7: HTTP 503 AON_NO_STAMP through west; HTTP 503 AON_NO_STAMP through east',
  ]);
});

test('the gateway of a zone that is gone is not asked; without any there is no passing', async () => {
  dead.add('east-1');
  const { passed, checks } = await smoke(stampOf(0));
  expect(passed).toBe(true);
  expect(textOf(checks, 'look')).toEqual(['pass: GET /shop/7: 200 through west']);
  dead.add('west-1');
  expect(await smoke(stampOf(0))).toMatchObject({ passed: false });
});

test('whoever gives up is told so', async () => {
  const giving = new AbortController();
  stampOf(0).behave('/shop/7', { ms: 5000 });
  const asked = smokeStamp(places, { stamp: stampOf(0).plan, manifest }, giving.signal);
  const waiting = () => stampOf(0).heard.filter(({ path }) => path === '/shop/7');
  await until(() => waiting().length === 2, 'both gateways to ask');
  giving.abort(new Error('given up'));
  await expect(asked).rejects.toThrow('given up');
});

test('a stamp is warm after twenty requests of every safe path, and within its time', async () => {
  const stamp = stampOf(1);
  const result = await warmStamp(places, { stamp: stamp.plan, manifest }, signal());
  const heard = new Map<string, number>();
  for (const { method, path } of stamp.heard)
    heard.set(`${method} ${path}`, (heard.get(`${method} ${path}`) ?? 0) + 1);
  // On a slow machine the time is over before all were asked; each path was asked as often as the others, then.
  const counts = ['GET /shop/front', 'GET /shop/list', 'GET /shop/7'].map((key) => heard.get(key) ?? 0);
  expect([...heard.keys()].toSorted()).toEqual(['GET /shop/7', 'GET /shop/front', 'GET /shop/list']);
  expect(Math.max(...counts)).toBeLessThanOrEqual(21);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(5);
  expect(result).toMatchObject({ stamp: 'east-1-bbbbbb', paths: 3 });
  expect(result.answered).toBeGreaterThan(20);
  for (const other of [...old, stampOf(0)]) expect(other.heard).toEqual([]);
});

test('warming a stamp that does not answer ends by itself', async () => {
  const stamp = stampOf(0);
  for (const path of ['/shop/front', '/shop/list', '/shop/7']) stamp.behave(path, { ms: 60_000 });
  const startedAt = performance.now();
  const result = await warmStamp(places, { stamp: stamp.plan, manifest }, signal());
  expect(result).toEqual({ stamp: 'west-1-bbbbbb', answered: 0, paths: 3 });
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

const prove = (stamps: readonly TestStamp[]) =>
  readBack(places, { stamps: stamps.map(({ plan }) => plan), manifest }, signal());

test('a release that has all of the traffic is proven, by every stamp through every gateway and at the front door', async () => {
  await route([...old, ...fresh], newRelease);
  const { proven, text, evidence } = await prove(fresh);
  expect({ proven, text }).toEqual({
    proven: true,
    text: '2 stamps answer through west, east; 50 of 50 requests at the front door are answered by them',
  });
  expect(evidence.stamps.map(({ stamp, gateway, server, fault }) => [stamp, gateway, server, fault])).toEqual(
    [
      ['west-1-bbbbbb', 'west', 'west-1-bbbbbb-web', null],
      ['west-1-bbbbbb', 'east', 'west-1-bbbbbb-web', null],
      ['east-1-bbbbbb', 'west', 'east-1-bbbbbb-web', null],
      ['east-1-bbbbbb', 'east', 'east-1-bbbbbb-web', null],
    ],
  );
  const counted = Object.values(evidence.frontDoor.stamps).reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(50);
  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  for (const { heard } of old) expect(heard).toEqual([]);
  for (const { heard } of fresh) expect(heard.every(({ method }) => method === 'GET')).toBe(true);
});

test('a release beside which the old one still serves is not proven', async () => {
  generation += 1;
  const record = toRoutes([...old, ...fresh], { generation });
  await Promise.all(gateways.map((gateway) => gateway.put(record)));
  const { proven, text } = await prove(fresh);
  expect(proven).toBe(false);
  expect(text).toMatch(/front door: answered by (west|east)-1-aaaaaa-web/);
});

test.each([
  [
    'an agent of another release',
    (stamp: TestStamp) => (stamp.says.release = oldRelease),
    'its agent says it is of release aaaaaaaaaaaa',
  ],
  ['failures', (stamp: TestStamp) => stamp.behave('/shop/list', { status: 500 }), 'HTTP 500'],
  [
    'another unit',
    (stamp: TestStamp) => (stamp.says.name = 'west-1-cccccc-web'),
    'answered by west-1-cccccc-web',
  ],
])('%s at one stamp are no proof', async (_what, spoil, told) => {
  await route([...old, ...fresh], newRelease);
  spoil(stampOf(0));
  const { proven, text } = await prove(fresh);
  expect(proven).toBe(false);
  expect(text).toContain(told);
});

test('who does not say who it is proves it by its agent and the gateways, and that is told', async () => {
  await route([...old, ...fresh], newRelease);
  for (const stamp of fresh) stamp.says.name = null;
  expect(await prove(fresh)).toMatchObject({
    proven: true,
    text: expect.stringContaining('50 without saying who answered'),
  });
});

test('nothing to ask is no proof', async () => {
  expect(await prove([])).toMatchObject({ proven: false, text: expect.stringContaining('no stamps') });
  dead.add('west-1').add('east-1');
  expect(await prove(fresh)).toMatchObject({ proven: false, text: expect.stringContaining('no gateway') });
});

test('the tools leave out zones that are gone, hand on what they found, and throw what is wrong', async () => {
  await route([...old, ...fresh], newRelease);
  const smoked: (readonly SmokeResult[])[] = [];
  const proofs: [string, ReadBack][] = [];
  const tools = createStampTools({
    ...places,
    manifestOf: () => manifest,
    onSmoke: (results) => smoked.push(results),
    onProof: (release, proof) => proofs.push([release, proof]),
  });
  const plans = fresh.map(({ plan }) => plan);
  await tools.warm(plans, manifest, signal());
  await tools.smoke(plans, manifest, signal());
  await tools.prove(plans, signal());
  expect(smoked[0]?.map(({ stamp, passed }) => [stamp, passed])).toEqual([
    ['west-1-bbbbbb', true],
    ['east-1-bbbbbb', true],
  ]);
  expect(proofs[0]).toMatchObject([newRelease, { proven: true }]);
  stampOf(1).behave('/shop/list', { status: 500 });
  await expect(tools.smoke(plans, manifest, signal())).rejects.toMatchObject({
    code: 'AON_RELEASE_BROKEN',
    message: expect.stringContaining('east-1-bbbbbb: GET /shop/list: HTTP 500'),
  });
  await expect(tools.prove(plans, signal())).rejects.toThrow('not proven');
  dead.add('east-1');
  await tools.smoke(plans, manifest, signal());
  expect(smoked.at(-1)?.map(({ stamp }) => stamp)).toEqual(['west-1-bbbbbb']);
  dead.add('west-1');
  await expect(tools.prove(plans, signal())).rejects.toThrow('No stamp');
});
