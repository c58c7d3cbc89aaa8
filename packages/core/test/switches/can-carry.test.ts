import type { Observation } from '@alwayson/protocol/observation.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applySwitches } from '../../src/switches/apply-switches.ts';
import { type CarryStamp, findShortfalls } from '../../src/switches/can-carry.ts';
import { setSwitch } from '../../src/switches/change-switches.ts';
import { toComponentDemand } from '../../src/switches/component-demand.ts';
import { anySwitch, estate, start } from './switch-world.ts';

const stampsOf = (...serves: boolean[]): CarryStamp[] =>
  serves.map((serving, index) => ({
    id: `s${index}`,
    components: { api: { capacity: 100, serves: serving } },
  }));
const ids = (...names: string[]) => new Set(names);
const three = stampsOf(true, true, true);
const all = ids('s0', 's1', 's2');

test('what remains must carry the measured demand and a tenth more', () => {
  const change = { before: all, after: ids('s1', 's2') };
  expect(findShortfalls(three, {}, change)).toEqual([]);
  expect(findShortfalls(three, { api: 181 }, change)).toEqual([]);
  expect(findShortfalls(three, { api: 182 }, change)).toEqual([
    { kind: 'too-small', component: 'api', capacity: 200, demand: 182 },
  ]);
});

test('the last stamp in use is never taken; the last that serves counts as the last', () => {
  const last = { before: ids('s0'), after: ids() };
  expect(findShortfalls(three, {}, last)).toEqual([{ kind: 'none-left', component: 'api' }]);
  const oneServes = stampsOf(true, false, false);
  const without = { before: all, after: ids('s1', 's2') };
  expect(findShortfalls(oneServes, {}, without)).toEqual([{ kind: 'none-serving', component: 'api' }]);
});

test('a stamp that serves nothing may be taken also when the others are short already', () => {
  const broken = stampsOf(true, true, false);
  expect(findShortfalls(broken, { api: 500 }, { before: all, after: ids('s0', 's1') })).toEqual([]);
  const noneServes = stampsOf(false, false, false);
  expect(findShortfalls(noneServes, { api: 500 }, { before: all, after: ids('s1') })).toEqual([]);
});

test('putting a stamp back is never short', () => {
  expect(findShortfalls(three, { api: 1000 }, { before: ids('s0'), after: ids('s0', 's1') })).toEqual([]);
});

test('each component is judged by itself', () => {
  const mixed: CarryStamp[] = [
    { id: 's0', components: { api: { capacity: 100, serves: true }, web: { capacity: 100, serves: true } } },
    { id: 's1', components: { api: { capacity: 100, serves: true }, web: { capacity: 100, serves: false } } },
  ];
  const change = { before: ids('s0', 's1'), after: ids('s1') };
  expect(findShortfalls(mixed, { api: 95, web: 1 }, change)).toEqual([
    { kind: 'too-small', component: 'api', capacity: 100, demand: 95 },
    { kind: 'none-serving', component: 'web' },
  ]);
});

test('property: without override no order of switches leaves a component without a stamp that serves, or short', () => {
  const anyWorld = fc.record({
    serves: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    demand: fc.double({ min: 0, max: 400, noNaN: true }),
    orders: fc.array(anySwitch, { maxLength: 15 }),
  });
  fc.assert(
    fc.property(anyWorld, ({ serves, demand, orders }) => {
      const stamps = estate.stamps.map(({ id }, index) => {
        return { id, components: { api: { capacity: 100, serves: serves[index] ?? false } } };
      });
      const readyOf = (list: Parameters<typeof applySwitches>[0]) =>
        ids(
          ...[...applySwitches(list, estate, start).stamps].flatMap(([id, { state }]) =>
            state === 'ready' ? [id] : [],
          ),
        );
      const capacityOf = (ready: ReadonlySet<string>) =>
        100 * stamps.filter(({ id, components }) => ready.has(id) && components.api.serves).length;
      let list: Parameters<typeof applySwitches>[0] = [];
      for (const order of orders) {
        const { next } = setSwitch(list, order);
        const change = { before: readyOf(list), after: readyOf(next) };
        if (findShortfalls(stamps, { api: demand }, change).length === 0) list = next;
      }
      const ready = readyOf(list);
      const atFirst = capacityOf(readyOf([]));
      expect(ready.size).toBeGreaterThan(0);
      if (atFirst > 0) expect(capacityOf(ready)).toBeGreaterThan(0);
      expect(capacityOf(ready)).toBeGreaterThanOrEqual(Math.min(atFirst, demand * 1.1));
    }),
    { numRuns: 500 },
  );
});

const flowSeen = (flow: string, good: number, bad = 0) => ({
  flow,
  good: 0,
  bad: 0,
  clientErrors: 0,
  recent: { good, bad, p99Ms: null },
});

test('demand is what all observers saw in the last minute, of every flow that passes a component', () => {
  const component = (name: string) =>
    ({ name }) as Parameters<typeof toComponentDemand>[0]['components'][number];
  const flow = (name: string, path: string[]) =>
    ({ name, path }) as Parameters<typeof toComponentDemand>[0]['flows'][number];
  const manifest = {
    components: [component('web'), component('api')],
    flows: [flow('browse', ['web', 'api']), flow('buy', ['api', 'orders'])],
  };
  const seen = (region: string, flows: Observation['flows']): Observation => {
    return { region, at: '', countersSince: '', flows, probes: [], linesLost: 0 };
  };
  const observations = [
    seen('west', [flowSeen('browse', 600), flowSeen('buy', 50, 10)]),
    seen('east', [flowSeen('browse', 300)]),
  ];
  expect(toComponentDemand(manifest, observations)).toEqual({ web: 15, api: 16 });
  expect(toComponentDemand(manifest, [])).toEqual({ web: 0, api: 0 });
});
