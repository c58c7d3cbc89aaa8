import { expect, test } from 'vitest';
import { type ReadBack, readBack } from '../../src/rollout/read-back.ts';
import { type SmokeResult } from '../../src/rollout/smoke-stamp.ts';
import { createStampTools } from '../../src/rollout/stamp-tools.ts';
import { manifest, newRelease, oldRelease, type TestStamp, toRoutes } from './gateway-estate.ts';
import {
  dead,
  fresh,
  gateways,
  nextGeneration,
  old,
  places,
  route,
  signal,
  stampOf,
} from './stamp-estate.ts';

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
  const record = toRoutes([...old, ...fresh], { generation: nextGeneration() });
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
