import { expect, test } from 'vitest';
import { findModelFaults } from '../../src/health/find-model-faults.ts';
import { HealthLab } from './health-lab.ts';
import { stamps, start, statesOf, all } from './built-lab.ts';

const live = 'abc';
const candidates = stamps.map((stamp) => ({ ...stamp, id: `${stamp.zone}-def`, release: 'def' }));
const aside = new Set(candidates.map(({ id }) => id));
const asideFlags = (ids: Iterable<string>) =>
  Object.fromEntries([...ids].map((id) => [`stamp:${id}`, ['aside'] as const]));

test('stamps that stand aside are judged, and nobody above them feels how they are', () => {
  const { lab, look } = start({ stamps: [...stamps, ...candidates], live, aside });
  expect(findModelFaults(lab.model)).toEqual([]);
  lab.flags = asideFlags(aside);
  look(all(lab, /-def/, 'unhealthy'));
  expect(lab.state('stamp:west-1-def')).toBe('unhealthy');
  expect(statesOf(lab, 'component:api', 'flow:list', 'zone:west-1', 'region:west', 'workload:shop')).toEqual([
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'healthy',
  ]);
});

test('stamps that stand aside make up for nothing, and those that share the traffic do', () => {
  const dead = (lab: HealthLab) => all(lab, /west-1-abc/, 'unhealthy');
  const apart = start({ stamps: [...stamps, ...candidates], live, aside });
  apart.lab.flags = asideFlags(aside);
  apart.look(dead(apart.lab));
  expect(apart.lab.entity('component:api')).toMatchObject({
    state: 'degraded',
    reason: '3 of 4 instances serve',
  });
  const shared = start({ stamps: [...stamps, ...candidates], live });
  shared.look(dead(shared.lab));
  expect(statesOf(shared.lab, 'component:api', 'zone:west-1')).toEqual(['healthy', 'degraded']);
});

test('every stamp of the live release is meant to serve, also the second of a zone, and none that leaves', () => {
  const second = stamps.map((stamp) => ({ ...stamp, id: `${stamp.zone}-b-abc`, ordinal: 1 }));
  const both = start({ stamps: [...stamps, ...second], live });
  both.look(all(both.lab, /west-1-b-abc/, 'unhealthy'));
  expect(both.lab.entity('component:api')).toMatchObject({
    state: 'degraded',
    reason: '7 of 8 instances serve',
  });
  const left = start({ stamps: [...stamps, ...second], live, aside: new Set(second.map(({ id }) => id)) });
  left.lab.flags = asideFlags(second.map(({ id }) => id));
  left.look(all(left.lab, /-b-abc/, 'unhealthy'));
  expect(statesOf(left.lab, 'component:api', 'zone:west-1')).toEqual(['healthy', 'healthy']);
});
