import type { State } from '@alwayson/protocol/words.ts';
import { expect, test } from 'vitest';
import { type Aggregation, limited, standard, worstOf } from '../../src/health/health-model.ts';
import { alive, HealthLab, latency, leaf, parent, told } from './health-lab.ts';

const ids = ['a', 'b', 'c', 'd'];

/** A parent over a to d, told these states; null is never told. */
function over(aggregation: Aggregation, states: readonly (State | null)[]): HealthLab {
  const edges = states.map((_, index) => standard(ids[index] ?? ''));
  const leaves = states.map((_, index) => leaf(ids[index] ?? ''));
  const lab = new HealthLab([parent('all', [{ name: 'instances', aggregation, edges }]), ...leaves]);
  const known = states.flatMap((state, index) =>
    state === null ? [] : [[`${ids[index]} told`, state] as const],
  );
  lab.step(Object.fromEntries(known));
  return lab;
}

const stateOver = (aggregation: Aggregation, states: readonly (State | null)[]) =>
  over(aggregation, states).state('all');

test('an edge lets through what its impact says', () => {
  for (const [impact, bad, worse, missing] of [
    ['standard', 'degraded', 'unhealthy', 'unknown'],
    ['limited', 'healthy', 'degraded', 'unknown'],
    ['suppressed', 'healthy', 'healthy', 'healthy'],
  ] as const) {
    const lab = new HealthLab([parent('all', [worstOf('parts', [{ to: 'a', impact }])]), leaf('a')]);
    const stateWith = (state: State) => lab.repeat(1, { 'a told': state }, 'all')[0];
    expect(lab.repeat(1, {}, 'all')[0]).toBe(missing);
    expect(['healthy', 'degraded', 'unhealthy'].map((state) => stateWith(state as State))).toEqual([
      'healthy',
      bad,
      worse,
    ]);
  }
});

test('worst of: a known fault outdoes the unknown, the unknown outdoes the healthy', () => {
  const worst: Aggregation = { type: 'worstOf' };
  expect(stateOver(worst, ['healthy', 'degraded', 'unhealthy'])).toBe('unhealthy');
  expect(stateOver(worst, ['healthy', null, 'degraded'])).toBe('degraded');
  expect(stateOver(worst, ['healthy', null])).toBe('unknown');
});

const atLeast = { type: 'minServing', unit: 'count', degradedAt: 2, unhealthyAt: 1 } as const;

test('minServing fires at its threshold and below; degraded children serve', () => {
  expect(stateOver(atLeast, ['healthy', 'healthy', 'degraded', 'unhealthy'])).toBe('healthy');
  expect(stateOver(atLeast, ['healthy', 'degraded', 'unhealthy', 'unhealthy'])).toBe('degraded');
  expect(stateOver(atLeast, ['degraded', 'unhealthy', 'unhealthy', 'unhealthy'])).toBe('unhealthy');
  const strict: Aggregation = { ...atLeast, degradedCounts: 'healthy' };
  expect(stateOver(strict, ['healthy', 'healthy', 'degraded', 'unhealthy'])).toBe('degraded');
});

test('maxNotServing fires at its threshold and above', () => {
  const most: Aggregation = { type: 'maxNotServing', unit: 'percent', degradedAt: 25, unhealthyAt: 50 };
  expect(stateOver(most, ['healthy', 'degraded', 'healthy', 'degraded'])).toBe('healthy');
  expect(stateOver(most, ['healthy', 'degraded', 'healthy', 'unhealthy'])).toBe('degraded');
  expect(stateOver(most, ['healthy', 'degraded', 'unhealthy', 'unhealthy'])).toBe('unhealthy');
});

test('unknown children leave the count; when most are unknown the group is', () => {
  const share: Aggregation = { type: 'minServing', unit: 'percent', degradedAt: 66, unhealthyAt: 33 };
  expect(stateOver(share, ['healthy', 'healthy', 'healthy', null])).toBe('healthy');
  expect(stateOver(share, ['healthy', 'unhealthy', null, null])).toBe('degraded');
  expect(stateOver(share, ['unhealthy', null, null, null])).toBe('unknown');
  // Counted in instances, those not known may degrade, not break.
  expect(stateOver(atLeast, ['healthy', 'unhealthy', null, null])).toBe('degraded');
});

test('maintenance is not judged, but is capacity that is not there', () => {
  const worst = over({ type: 'worstOf' }, ['healthy', 'unhealthy']);
  const counted = over({ ...atLeast, degradedAt: 3 }, ['healthy', 'healthy', 'healthy', 'healthy']);
  expect([worst.state('all'), counted.state('all')]).toEqual(['unhealthy', 'healthy']);
  for (const lab of [worst, counted]) {
    lab.flags = { b: ['maintenance'] };
    lab.step();
  }
  expect([worst.state('all'), counted.state('all')]).toEqual(['healthy', 'degraded']);
  expect(worst.entity('b')).toMatchObject({ state: 'unhealthy', flags: ['maintenance'] });
});

test('what is part of something in maintenance is in maintenance too', () => {
  const lab = new HealthLab([
    parent('all', [worstOf('parts', [standard('a')])]),
    { ...leaf('a'), partOf: 'stamp' },
    leaf('stamp'),
  ]);
  lab.flags = { stamp: ['maintenance', 'gray'] };
  lab.step({ 'a told': 'unhealthy', 'stamp told': 'healthy' });
  expect(lab.entity('a').flags).toEqual(['maintenance']);
  expect(lab.state('all')).toBe('healthy');
});

test('a flow is healthy as far as is known when all that it must have is; a component is not', () => {
  const groups = [worstOf('path', [standard('a'), limited('b')])];
  const lab = new HealthLab([
    parent('flow', groups, { kind: 'flow' }),
    parent('api', groups),
    leaf('a'),
    leaf('b'),
  ]);
  lab.step({ 'a told': 'healthy' });
  expect(lab.entity('flow')).toMatchObject({ state: 'healthy', partial: true });
  expect(lab.entity('api')).toMatchObject({ state: 'unknown', partial: false });
  lab.step({ 'b told': 'healthy' });
  expect(lab.entity('flow')).toMatchObject({ state: 'healthy', partial: false });
});

test('a flow whose hard edge is unknown is unknown', () => {
  const path = [worstOf('path', [standard('a'), limited('b')])];
  const lab = new HealthLab([parent('flow', path, { kind: 'flow' }), leaf('a'), leaf('b')]);
  lab.step({ 'b told': 'healthy' });
  expect(lab.state('flow')).toBe('unknown');
});

test('root causes are the deepest that are bad by themselves; symptoms are not', () => {
  const process = { ...told, explainedBy: 'host' };
  const lab = new HealthLab([
    parent('flow', [worstOf('path', [standard('api'), standard('web')])], { signals: [latency] }),
    parent('api', [worstOf('parts', [standard('a')])]),
    leaf('a', [process]),
    leaf('web', [process]),
    leaf('host'),
  ]);
  const all = {
    'a told': 'healthy',
    'web told': 'healthy',
    'host told': 'healthy',
    'flow latency': 10,
  } as const;
  lab.step(all);
  lab.step({ ...all, 'a told': 'unhealthy' });
  expect(lab.entity('flow').rootCauses).toEqual(['a']);
  const { transitions } = lab.step({
    ...all,
    'a told': 'unhealthy',
    'web told': 'unhealthy',
    'host told': 'unhealthy',
  });
  expect(lab.entity('flow').rootCauses).toEqual(['host']);
  expect(lab.entity('a').rootCauses).toEqual(['host']);
  expect(transitions.find(({ entity }) => entity === 'web')?.causePath).toEqual(['web', 'host']);
});

test('a signal may name its cause', () => {
  const lab = new HealthLab([leaf('store'), leaf('pg')]);
  lab.step({ 'store told': { state: 'unhealthy', cause: 'pg' }, 'pg told': 'unhealthy' });
  expect(lab.entity('store').rootCauses).toEqual(['pg']);
  lab.step({ 'pg told': 'healthy' });
  expect(lab.entity('store').rootCauses).toEqual(['store']);
});

test('a transition tells the path to its cause, its signals and the model; recovery tells what is over', () => {
  const lab = new HealthLab([
    parent('flow', [worstOf('path', [standard('api')])]),
    parent('api', [worstOf('parts', [standard('a')])]),
    leaf('a', [{ ...told, name: 'process' }]),
  ]);
  lab.step({ 'a process': 'healthy' });
  const { transitions } = lab.step({ 'a process': { state: 'unhealthy', reason: 'ended by SIGKILL' } });
  expect(transitions.map(({ entity }) => entity)).toEqual(['a', 'api', 'flow']);
  expect(transitions[2]).toEqual({
    entity: 'flow',
    from: 'healthy',
    to: 'unhealthy',
    at: new Date(lab.now).toISOString(),
    causePath: ['flow', 'api', 'a'],
    signals: [{ name: 'process', state: 'unhealthy', value: null, unit: null, reason: 'ended by SIGKILL' }],
    modelVersion: 'lab',
  });
  const recovery = lab.step({ 'a process': 'healthy' }).transitions[2];
  expect(recovery).toMatchObject({
    entity: 'flow',
    to: 'healthy',
    causePath: ['flow', 'api', 'a'],
    signals: [],
  });
  expect(lab.step().transitions).toEqual([]);
});

test('samples that the model has no place for are told', () => {
  const lab = new HealthLab([leaf('a', [alive])]);
  expect(lab.step({ 'a alive': 'healthy', 'a other': 'healthy', 'b alive': 'healthy' }).unmatched).toEqual([
    'a other',
    'b alive',
  ]);
});

test('the score moves before the state does, and the workload is never better than its worst high flow', () => {
  const flow = (id: string, criticality: 'high' | 'low') => ({
    ...leaf(id, [{ ...latency, debounce: { fall: 1 } }]),
    kind: 'flow' as const,
    criticality,
  });
  const lab = new HealthLab([
    parent('all', [worstOf('flows', [standard('buy'), limited('rate')])], { kind: 'workload' }),
    flow('buy', 'high'),
    flow('rate', 'low'),
  ]);
  const scoresAt = (buy: number, rate: number) => {
    lab.step({ 'buy latency': buy, 'rate latency': rate });
    return ['buy', 'rate', 'all'].map((id) => lab.entity(id).score);
  };
  expect(scoresAt(50, 50)).toEqual([100, 100, 100]);
  expect(scoresAt(250, 50)).toEqual([75, 100, 75]);
  expect(lab.state('all')).toBe('healthy');
  expect(scoresAt(50, 700)).toEqual([100, 0, 80]);
});
