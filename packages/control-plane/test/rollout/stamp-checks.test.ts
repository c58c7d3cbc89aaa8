import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import { askGateway, askPatiently } from '../../src/rollout/ask-gateway.ts';
import { smokeStamp, type SmokeResult } from '../../src/rollout/smoke-stamp.ts';
import { warmStamp } from '../../src/rollout/warm-stamp.ts';
import { manifest, oldRelease } from './gateway-estate.ts';
import { dead, fresh, old, places, route, signal, smoke, stampOf, textOf } from './stamp-estate.ts';

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
  const { plan } = stampOf(0);
  const { environment } = places;
  await route([...old, stampOf(1)], oldRelease);
  const question = { url: environment.frontDoor.url, path: '/shop/7', stamp: plan.id };
  const once = await askGateway(environment, question, signal());
  expect(once).toEqual({ status: 503, serverName: null, code: 'AON_NO_STAMP' });
  const late = askPatiently(environment, question, { timeoutMs: 60_000, signal: signal() });
  await route([...old, ...fresh], oldRelease);
  expect(await late).toEqual({ status: 200, serverName: 'west-1-bbbbbb-web', code: null });
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
