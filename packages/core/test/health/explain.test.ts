import { HealthExplanation } from '@alwayson/protocol/health.ts';
import { expect, test } from 'vitest';
import { explainEntity } from '../../src/health/explain-entity.ts';
import { limited, standard, worstOf } from '../../src/health/health-model.ts';
import { alive, HealthLab, latency, leaf, parent, told } from './health-lab.ts';

function explain(lab: HealthLab, id: string): HealthExplanation {
  return HealthExplanation.parse(explainEntity(lab.model, lab.memory, id));
}

test('a measured signal: which value, which threshold, and what clears it', () => {
  const lab = new HealthLab([leaf('api', [latency])]);
  lab.repeat(3, { 'api latency': 620 }, 'api');
  expect(explain(lab, 'api')).toMatchObject({
    entity: { state: 'unhealthy', since: new Date(lab.now).toISOString() },
    because: ['latency is 620 ms, unhealthy at or above 500 ms'],
    clears: ['latency must fall below 450 ms: needs 2 good results in a row and 10 s more.'],
  });
  lab.step({ 'api latency': 100 });
  expect(explain(lab, 'api').clears).toEqual([
    'latency must fall below 450 ms: needs 1 more good result and 8 s more.',
  ]);
});

test('a state: its reason; a silence: since when; flapping: how long it must be quiet', () => {
  const lab = new HealthLab([leaf('api', [alive]), leaf('web', [latency]), leaf('db', [told])]);
  lab.step({
    'api alive': { state: 'unhealthy', hard: true, reason: 'ended by SIGKILL' },
    'web latency': 5,
    'db told': 'healthy',
  });
  for (const state of ['unhealthy', 'healthy', 'unhealthy', 'healthy'] as const) {
    lab.step({ 'api alive': { state: 'unhealthy', reason: 'ended by SIGKILL' }, 'db told': state });
  }
  expect(explain(lab, 'api').because).toEqual(['alive is unhealthy: ended by SIGKILL']);
  expect(explain(lab, 'api').clears).toEqual(['alive needs 2 good results in a row and 2 s more.']);
  expect(explain(lab, 'web')).toMatchObject({
    because: ['latency is not told any more, last 8 s ago'],
    clears: ['latency must be told again.'],
  });
  expect(explain(lab, 'db')).toMatchObject({
    entity: { flags: ['flapping'] },
    because: ['told is healthy, held unhealthy while it flaps'],
    clears: ['told flaps: it must not change for 5 min more.'],
  });
});

test('children: who, by which path, and what they must do', () => {
  const instances = {
    name: 'instances',
    aggregation: { type: 'minServing', unit: 'count', degradedAt: 1, unhealthyAt: 0 } as const,
    edges: [standard('a'), standard('b')],
  };
  const lab = new HealthLab([
    parent('flow', [worstOf('path', [standard('api'), limited('cache')])], { kind: 'flow' }),
    parent('api', [instances]),
    leaf('a'),
    leaf('b'),
    leaf('cache'),
  ]);
  lab.step({
    'a told': 'healthy',
    'b told': { state: 'unhealthy', reason: 'refused' },
    'cache told': 'healthy',
  });
  expect(explain(lab, 'flow')).toMatchObject({
    causePath: [
      { id: 'flow' },
      { id: 'api', reason: '1 of 2 instances serve' },
      { id: 'b', state: 'unhealthy' },
    ],
    because: ['api is degraded'],
    clears: ['api must become healthy.'],
    children: [
      { to: 'api', impact: 'standard', state: 'degraded' },
      { to: 'cache', impact: 'limited', state: 'healthy' },
    ],
  });
  expect(explain(lab, 'api').clears).toEqual(['At least 2 instances must serve.']);
  expect(explain(lab, 'a')).toMatchObject({ because: [], clears: [] });
});

test('an entity that is not there has no explanation', () => {
  const lab = new HealthLab([leaf('a')]);
  lab.step();
  expect(explainEntity(lab.model, lab.memory, 'b')).toBeUndefined();
  expect(explain(lab, 'a').because).toEqual(['told has never been told']);
});
