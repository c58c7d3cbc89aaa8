import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import { createGateRig } from './gate-rig.ts';
import {
  createGatewayEstate,
  manifest,
  newRelease,
  oldRelease,
  type TestStamp,
  toRoutes,
} from './gateway-estate.ts';

const mib = 1024 * 1024;
/** Its flows are judged; none of them has to be seen. */
const relaxed = Manifest.parse({
  ...manifest,
  flows: manifest.flows.map((flow) => ({
    ...flow,
    criticality: 'medium',
    requests: [{ path: `/${flow.name}` }],
  })),
});

let estate: Awaited<ReturnType<typeof createGatewayEstate>>;
let stamps: Record<'oldWest' | 'oldEast' | 'newWest' | 'newEast', TestStamp>;
let plans: StampPlan[];

beforeAll(async () => {
  estate = await createGatewayEstate(62);
  stamps = {
    oldWest: await estate.startStamp('west-1', oldRelease),
    oldEast: await estate.startStamp('east-1', oldRelease),
    newWest: await estate.startStamp('west-1', newRelease),
    newEast: await estate.startStamp('east-1', newRelease),
  };
  plans = Object.values(stamps).map(({ plan }) => plan);
  const record = toRoutes(Object.values(stamps));
  await estate.startGateway('west', record);
  await estate.startGateway('east', record);
});
afterAll(() => estate.close());

const idOf = (name: keyof typeof stamps) => stamps[name].plan.id;
const startRig = (used = relaxed) =>
  createGateRig({ environment: estate.environment, stamps: plans, manifest: used });
const everybody = (own: { good: number; bad: number }, usual: { good: number; bad: number }) => ({
  [idOf('oldWest')]: usual,
  [idOf('oldEast')]: usual,
  [idOf('newWest')]: own,
  [idOf('newEast')]: own,
});

describe('with enough users', () => {
  test('nothing is judged before the first part of the traffic, and a good step passes at its end', () => {
    const rig = startRig();
    expect(rig.run(4)).toEqual({ gate: null, blindMs: 0 });
    rig.take(0);
    rig.world.traffic = everybody({ good: 10, bad: 0 }, { good: 90, bad: 0 });
    const early = rig.run(8);
    expect(early.gate?.verdict).toBe('not-enough-data');
    const { gate } = rig.run(3);
    expect(gate).toMatchObject({ verdict: 'pass', synthetic: 0 });
    expect(gate?.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['requests', 'success', 'latency', 'restarts', 'queue', 'health']),
    );
  });

  test('a release that fails in one region alone is found within four seconds', () => {
    const rig = startRig();
    rig.run(2);
    rig.take(0);
    rig.world.traffic = {
      ...everybody({ good: 10, bad: 0 }, { good: 90, bad: 0 }),
      [idOf('newEast')]: { good: 5, bad: 5 },
    };
    const { gate } = rig.run(4, 'fail');
    expect(gate?.verdict).toBe('fail');
    expect(gate?.checks.find(({ verdict }) => verdict === 'fail')?.text).toContain('in east: ');
  });

  test('with all of the traffic it is compared with the step before', () => {
    const rig = startRig();
    rig.world.traffic = everybody({ good: 10, bad: 0 }, { good: 90, bad: 0 });
    rig.take(0);
    rig.run(10);
    rig.take(1);
    rig.world.traffic = everybody({ good: 70, bad: 30 }, { good: 0, bad: 0 });
    const { gate } = rig.run(6, 'fail');
    expect(gate?.checks.find(({ verdict }) => verdict === 'fail')?.text).toContain('in the step before');
  });

  test('units and queues are judged from when the step and the rollout began', () => {
    const rig = startRig();
    rig.world.traffic = everybody({ good: 10, bad: 0 }, { good: 90, bad: 0 });
    rig.world.queueAgeMs = 9000;
    rig.world.units = { [idOf('newWest')]: { restarts: 2 }, [idOf('oldWest')]: { memoryBytes: 90 * mib } };
    rig.run(10);
    rig.take(0);
    expect(rig.run(11).gate?.verdict).toBe('pass');
    rig.world.units[idOf('newWest')] = { restarts: 4, memoryBytes: 200 * mib };
    rig.world.queueAgeMs = 30_000;
    const failed = rig.run(11).gate?.checks.filter(({ verdict }) => verdict === 'fail');
    expect(failed?.map(({ name }) => name)).toEqual(['restarts', 'memory', 'queue']);
  });

  test('time of which no observer told is made up for, unless the rollout was away too', () => {
    const rig = startRig();
    rig.world.traffic = everybody({ good: 10, bad: 0 }, { good: 90, bad: 0 });
    rig.take(0);
    rig.run(4);
    rig.world.silent.add('east');
    rig.run(40);
    expect(rig.look().gate?.checks).toContainEqual(
      expect.objectContaining({ text: 'nothing is known of the traffic of east' }),
    );
    rig.world.silent.clear();
    expect(rig.run(1).blindMs).toBeGreaterThanOrEqual(10_000);
    rig.take(1);
    rig.run(2);
    rig.world.nowMs += 60_000;
    expect(rig.run(2).blindMs).toBe(0);
  });

  test('on the way back nothing is judged', () => {
    const rig = startRig();
    rig.take(0);
    rig.enter({ undoing: 'somebody said so', phase: 'revert' });
    rig.world.traffic = everybody({ good: 0, bad: 10 }, { good: 90, bad: 0 });
    expect(rig.run(6).gate).toBeNull();
  });
});

describe('without users', () => {
  /** One look after the other in real time: the requests are real. */
  const lookUntil = async (rig: ReturnType<typeof createGateRig>, wanted: 'pass' | 'fail') => {
    let last = rig.run(1);
    await until(async () => {
      last = rig.run(1);
      return last.gate?.verdict === wanted;
    }, `the verdict ${wanted}`);
    return last.gate;
  };
  const required = Manifest.parse({
    ...manifest,
    flows: manifest.flows.map((flow) => ({
      ...flow,
      requests: flow.kind === 'user' ? [{ path: `/${flow.name}` }] : [],
    })),
    release: { gates: { requestsMin: 24 } },
  });

  test('both releases are asked through the gateways until there is enough', async () => {
    const rig = startRig(required);
    const before = stamps.newWest.heard.length;
    rig.run(2);
    rig.take(0);
    expect(rig.run(20).gate?.verdict).toBe('not-enough-data');
    const gate = await lookUntil(rig, 'pass');
    expect(gate?.synthetic).toBeGreaterThanOrEqual(40);
    const asked = stamps.newWest.heard.slice(before);
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/shop/list', '/shop/7']));
    expect(gate?.checks.find(({ text }) => text.startsWith('of our own'))?.text).toMatch(
      /^of our own: 0 of \d+ failed, beside 0 of \d+$/,
    );
  });

  test('a release that fails them is found', async () => {
    for (const name of ['newWest', 'newEast'] as const) stamps[name].behave('/shop/7', { status: 500 });
    const rig = startRig(required);
    rig.run(2);
    rig.take(0);
    rig.run(20);
    const gate = await lookUntil(rig, 'fail');
    const failed = gate?.checks.filter(({ verdict }) => verdict === 'fail');
    expect(failed?.some(({ text }) => text.startsWith('of our own: '))).toBe(true);
  });
});
