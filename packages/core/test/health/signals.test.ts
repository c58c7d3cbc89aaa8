import { expect, test } from 'vitest';
import type { Debounce, SignalRule } from '../../src/health/signal-rule.ts';
import { alive, HealthLab, latency, leaf } from './health-lab.ts';

const slow = { 'api latency': 600 };
const lab = (...signals: SignalRule[]) => new HealthLab([leaf('api', signals)]);

test('unhealthy is tested first, and both comparators are inclusive', () => {
  const debounce: Partial<Debounce> = { fall: 1 };
  const stateAt = (value: number) => lab({ ...latency, debounce }).repeat(1, { 'api latency': value }, 'api');
  expect(stateAt(299.9)).toEqual(['healthy']);
  expect(stateAt(300)).toEqual(['degraded']);
  expect(stateAt(499.9)).toEqual(['degraded']);
  expect(stateAt(500)).toEqual(['unhealthy']);
});

test('NaN, no rows and too few samples are unknown, never healthy', () => {
  const rule: SignalRule = { ...latency, samplesMin: 10 };
  for (const nothing of [{ value: Number.NaN }, { value: null }, { value: 5, samples: 9 }, { value: 5 }]) {
    const one = lab(rule);
    one.step({ 'api latency': { value: 5, samples: 10 } });
    expect(one.state('api')).toBe('healthy');
    one.step({ 'api latency': nothing });
    expect(one.entity('api').signals[0]?.state).toBe('unknown');
    expect(one.state('api')).toBe('degraded');
  }
});

test('too few events of an optional signal are no fault, its silence is', () => {
  const one = lab(alive, { ...latency, optional: true, samplesMin: 10 });
  const well = { 'api alive': 'healthy' } as const;
  expect(one.repeat(1, well, 'api')).toEqual(['healthy']);
  expect(one.repeat(5, { ...well, 'api latency': { value: 900, samples: 1 } }, 'api')).not.toContain(
    'degraded',
  );
  expect(one.repeat(4, well, 'api')).toEqual(['healthy', 'healthy', 'healthy', 'degraded']);
});

test('it falls after three bad results in a row, and rises after two good ones and the dwell', () => {
  const one = lab(latency);
  const well = { 'api latency': 100 };
  expect(one.repeat(1, well, 'api')).toEqual(['healthy']);
  expect(one.repeat(2, slow, 'api')).toEqual(['healthy', 'healthy']);
  expect(one.repeat(1, well, 'api')).toEqual(['healthy']);
  expect(one.repeat(3, slow, 'api')).toEqual(['healthy', 'healthy', 'unhealthy']);
  // 10 s in the state, at 2 s a result.
  expect(one.repeat(5, well, 'api')).toEqual([...Array(4).fill('unhealthy'), 'healthy']);
});

test('results of mixed severity fall to what all of them confirm', () => {
  const one = lab(latency);
  one.step({ 'api latency': 100 });
  expect(one.repeat(1, { 'api latency': 350 }, 'api')).toEqual(['healthy']);
  expect(one.repeat(2, slow, 'api')).toEqual(['healthy', 'degraded']);
  expect(one.repeat(1, slow, 'api')).toEqual(['unhealthy']);
});

test('n of m falls although good results come between', () => {
  const one = lab({ ...latency, debounce: { fallOf: { n: 3, m: 5 } } });
  one.step({ 'api latency': 100 });
  const states = [600, 100, 600, 100, 600].flatMap((value) => one.repeat(1, { 'api latency': value }, 'api'));
  expect(states).toEqual(['healthy', 'healthy', 'healthy', 'healthy', 'unhealthy']);
});

test('hard evidence falls at once', () => {
  const one = lab(alive);
  one.step({ 'api alive': 'healthy' });
  one.step({ 'api alive': { state: 'unhealthy', hard: true, reason: 'ECONNREFUSED' } });
  expect(one.entity('api')).toMatchObject({ state: 'unhealthy', reason: 'alive is unhealthy: ECONNREFUSED' });
});

test('a bad state is left at its exit, 10 % inside, not at its threshold', () => {
  const one = lab(latency);
  one.repeat(3, { 'api latency': 320 }, 'api');
  expect(one.state('api')).toBe('degraded');
  expect(one.repeat(20, { 'api latency': 280 }, 'api')).not.toContain('healthy');
  expect(one.repeat(2, { 'api latency': 269 }, 'api')).toEqual(['degraded', 'healthy']);
});

test('the same result given twice counts once, and an older one not at all', () => {
  const one = lab(latency);
  one.step({ 'api latency': 100 });
  const bad = { 'api latency': { value: 600, at: one.now + 1 } };
  const late = { 'api latency': { value: 600, at: one.now } };
  for (const results of [bad, bad, bad, late, late]) one.step(results, 100);
  expect(one.state('api')).toBe('healthy');
  for (let more = 0; more < 2; more += 1) one.step({ 'api latency': 600 }, 100);
  expect(one.state('api')).toBe('unhealthy');
});

test('an old number is unknown and degrades; its value and age are kept', () => {
  const one = lab(latency);
  one.step({ 'api latency': 100 });
  expect(one.repeat(4, {}, 'api')).toEqual(['healthy', 'healthy', 'healthy', 'degraded']);
  expect(one.entity('api').signals[0]).toMatchObject({ state: 'unknown', value: 100, ageMs: 8000 });
  expect(one.entity('api').reason).toBe('latency is not told any more, last 8 s ago');
});

test('after a silence the evidence must agree with what was, or establish anew', () => {
  const one = lab(latency);
  one.step({ 'api latency': 100 });
  one.repeat(4, {}, 'api');
  expect(one.repeat(3, slow, 'api')).toEqual(['degraded', 'degraded', 'unhealthy']);
});

const pair = () => new HealthLab([leaf('one', [alive]), leaf('two', [alive])]);
const both = { 'one alive': 'healthy', 'two alive': 'healthy' } as const;

test('who falls silent while others answer is unhealthy', () => {
  const one = pair();
  one.step(both);
  const states = one.repeat(4, { 'two alive': 'healthy' }, 'one');
  expect(states).toEqual(['healthy', 'healthy', 'healthy', 'unhealthy']);
  expect(one.memory.blind).toEqual([]);
});

test('no answer counts as bad while others answer', () => {
  const one = pair();
  one.step(both);
  const timeout = { 'one alive': 'unknown', 'two alive': 'healthy' } as const;
  expect(one.repeat(3, timeout, 'one')).toEqual(['healthy', 'healthy', 'unhealthy']);
});

test('an observer that reaches nobody is blind: what it watches is frozen', () => {
  const one = pair();
  one.step({ 'one alive': 'healthy', 'two alive': { state: 'unhealthy', hard: true } });
  one.step({}, 4000);
  for (let round = 0; round < 30; round += 1) one.step({ 'one alive': 'unknown', 'two alive': 'unknown' });
  expect([one.state('one'), one.state('two')]).toEqual(['healthy', 'unhealthy']);
  expect(one.memory.blind).toEqual(['']);
  one.step(both);
  expect(one.memory.blind).toEqual([]);
});

test('what nobody has ever told is unknown', () => {
  expect(pair().repeat(5, { 'two alive': 'healthy' }, 'one')).toEqual(Array(5).fill('unknown'));
});

test('what did not arrive while nobody evaluated is not late', () => {
  const one = new HealthLab([leaf('one', [alive]), leaf('two', [alive]), leaf('api', [latency])]);
  one.step({ ...both, 'api latency': 100 });
  one.step({ 'two alive': 'healthy' }, 600_000);
  expect([one.state('one'), one.state('api')]).toEqual(['healthy', 'healthy']);
  one.repeat(4, { 'two alive': 'healthy' }, 'one');
  expect([one.state('one'), one.state('api')]).toEqual(['unhealthy', 'degraded']);
});

test('four changes in ten minutes are flapping: the worst is held until five quiet minutes', () => {
  const one = lab({ ...alive, debounce: { fall: 1, rise: 1, dwellMs: 0 } });
  const say = (state: 'healthy' | 'unhealthy', ms = 2000) => {
    one.step({ 'api alive': state }, ms);
    return one.entity('api');
  };
  expect(['healthy', 'unhealthy', 'healthy', 'unhealthy'].map((s) => say(s as 'healthy').flags)).toEqual([
    [],
    [],
    [],
    [],
  ]);
  expect(say('healthy')).toMatchObject({ state: 'unhealthy', flags: ['flapping'] });
  for (let ms = 0; ms < 298_000; ms += 2000) expect(say('healthy').state).toBe('unhealthy');
  expect(say('healthy')).toMatchObject({ state: 'healthy', flags: [] });
});

test('a signal that can only degrade does not do more', () => {
  const one = lab({ ...alive, worst: 'degraded', debounce: { fall: 1 } });
  expect(one.repeat(1, { 'api alive': 'unhealthy' }, 'api')).toEqual(['degraded']);
});
