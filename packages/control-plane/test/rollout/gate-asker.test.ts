import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { GateRequests } from '@alwayson/core/rollout/gate-cells.ts';
import { tokens, until } from '../../../agents/test/gateway/rig.ts';
import { type AskTarget, createGateAsker } from '../../src/rollout/gate-asker.ts';
import { createGatewayEstate, newRelease, oldRelease, type TestStamp, toRoutes } from './gateway-estate.ts';

let estate: Awaited<ReturnType<typeof createGatewayEstate>>;
let old: TestStamp;
let fresh: TestStamp;
const asker = createGateAsker(tokens.probe);

beforeAll(async () => {
  estate = await createGatewayEstate(61);
  old = await estate.startStamp('west-1', oldRelease);
  fresh = await estate.startStamp('west-1', newRelease);
  const record = toRoutes([old, fresh]);
  await estate.startGateway('west', record);
  await estate.startGateway('east', record);
});
afterEach(() => asker.want([]));
afterAll(async () => {
  asker.close();
  await estate.close();
});

function targetOf(stamp: TestStamp, zone: 'west-1' | 'east-1', path = '/shop/list'): AskTarget {
  const { address = '' } = estate.environment.zones.find(({ name }) => name === zone) ?? {};
  return {
    gateway: { address, port: estate.environment.frontDoor.port },
    stamp: stamp.plan.id,
    side: stamp === fresh ? 'candidate' : 'live',
    region: stamp.plan.region,
    flow: 'browse',
    path,
  };
}

/** Until there are so many; the watch wants it again at every look. */
async function ask(targets: readonly AskTarget[], count: number): Promise<GateRequests[]> {
  const answers: GateRequests[] = [];
  await until(async () => {
    asker.want(targets);
    answers.push(...asker.take());
    return answers.length >= count;
  }, 'answers');
  return answers;
}

test('each stamp is asked alike through every gateway, and its answers are its own', async () => {
  fresh.behave('/shop/list', { status: 500 });
  const [before, beforeOld] = [fresh.heard.length, old.heard.length];
  const gateways = ['west-1', 'east-1'] as const;
  const startedAt = performance.now();
  const answers = await ask(
    gateways.flatMap((zone) => [targetOf(old, zone), targetOf(fresh, zone)]),
    20,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  expect(answers.length).toBeLessThanOrEqual(10 * seconds + 1);
  const sum = (side: string, key: 'good' | 'bad') =>
    answers.filter((answer) => answer.side === side).reduce((total, answer) => total + answer[key], 0);
  expect([sum('live', 'bad'), sum('candidate', 'good')]).toEqual([0, 0]);
  expect(sum('live', 'good')).toBeGreaterThanOrEqual(9);
  expect(sum('candidate', 'bad')).toBeGreaterThanOrEqual(9);
  const heard = [...fresh.heard.slice(before), ...old.heard.slice(beforeOld)];
  expect(heard.every(({ headers }) => headers['user-agent'] === 'alwayson-gate')).toBe(true);
  expect(answers.every(({ latency }) => latency.reduce((total, n) => total + n, 0) === 1)).toBe(true);
});

test('who does not answer in time is bad, and holds up nobody else', async () => {
  fresh.behave('/shop/7', { ms: 4000 });
  const targets = [targetOf(fresh, 'west-1', '/shop/7'), targetOf(old, 'west-1', '/shop/7')];
  const answers: GateRequests[] = [];
  await until(async () => {
    asker.want(targets);
    answers.push(...asker.take());
    return answers.some(({ side }) => side === 'candidate');
  }, 'the one that does not answer');
  const own = answers.filter(({ side }) => side === 'candidate');
  expect(own).toMatchObject([{ good: 0, bad: 1 }]);
  expect(own[0]?.sumsMs.reduce((total, ms) => total + ms, 0)).toBe(3000);
  expect(answers.length).toBeGreaterThan(10);
});

test('a gateway that is not there says nothing of the stamps', async () => {
  const nowhere = { ...targetOf(old, 'west-1'), gateway: { address: '127.202.61.99', port: 1 } };
  const answers = await ask([nowhere, targetOf(old, 'west-1')], 5);
  expect(answers.every(({ good }) => good === 1)).toBe(true);
});
