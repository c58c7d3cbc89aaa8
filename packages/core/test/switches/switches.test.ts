import { Switches } from '@alwayson/protocol/switches.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applySwitches } from '../../src/switches/apply-switches.ts';
import { endSwitch, setSwitch } from '../../src/switches/change-switches.ts';
import { expireSwitches } from '../../src/switches/expire-switches.ts';
import { logMaintenance } from '../../src/switches/maintenance-log.ts';
import { findTarget, isThere } from '../../src/switches/switch-scope.ts';
import { anySwitch, at, createSwitch, estate, start } from './switch-world.ts';

const west = { kind: 'region', name: 'west' } as const;
const statesOf = (...switches: ReturnType<typeof createSwitch>[]) =>
  [...applySwitches(switches, estate, start).stamps.values()].map(({ state }) => state);

test('a switch reaches the stamps inside its target, and the strongest decides', () => {
  expect(statesOf()).toEqual(['ready', 'ready', 'ready', 'ready']);
  expect(statesOf(createSwitch())).toEqual(['off', 'ready', 'ready', 'ready']);
  const drained = createSwitch({ target: west, action: 'drain', owner: 'alex' });
  expect(statesOf(drained)).toEqual(['drain', 'drain', 'ready', 'ready']);
  expect(statesOf(drained, createSwitch())).toEqual(['off', 'drain', 'ready', 'ready']);
  const { stamps } = applySwitches([drained, createSwitch()], estate, start);
  expect(stamps.get('west-1-abcdef')?.by?.owner).toBe('kim');
  expect(stamps.get('west-2-abcdef')?.by?.owner).toBe('alex');
  expect(stamps.get('east-1-abcdef')).toEqual({ state: 'ready' });
});

test('maintenance marks what is named and all inside it, and takes its stamps out of use', () => {
  const zone = createSwitch({ target: { kind: 'zone', name: 'east-1' }, action: 'maintenance' });
  const state = applySwitches([zone], estate, start);
  expect([...state.maintenance]).toEqual(['east-1', 'east-1-abcdef']);
  expect(state.stamps.get('east-1-abcdef')?.state).toBe('drain');
  const region = applySwitches([createSwitch({ target: west, action: 'maintenance' })], estate, start);
  const inWest = ['west', 'west-1', 'west-2', 'west-1-abcdef', 'west-2-abcdef'];
  expect([...region.maintenance]).toEqual(inWest);
  expect([...applySwitches([createSwitch({ target: west })], estate, start).maintenance]).toEqual([]);
});

test('maintenance of the whole workload is a mark: every stamp goes on serving', () => {
  const all = createSwitch({ target: { kind: 'workload', name: 'shop' }, action: 'maintenance' });
  const state = applySwitches([all], estate, start);
  expect([...state.stamps.values()].map((stamp) => stamp.state)).toEqual([
    'ready',
    'ready',
    'ready',
    'ready',
  ]);
  expect(state.maintenance).toEqual(
    new Set([
      'shop',
      'west',
      'west-1',
      'west-2',
      'east',
      'east-1',
      'east-2',
      ...estate.stamps.map(({ id }) => id),
    ]),
  );
});

test('a switch ends at its time, to the millisecond, and one whose target is gone is dropped', () => {
  const timed = createSwitch({ until: at(30) });
  const stays = createSwitch({ id: 's-2', target: west });
  const gone = createSwitch({ id: 's-3', target: { kind: 'stamp', name: 'west-1-000000' } });
  const justBefore = start + 30 * 60_000 - 1;
  expect(expireSwitches([timed, stays, gone], estate, justBefore)).toEqual({
    kept: [timed, stays],
    ended: [{ item: gone, why: 'gone' }],
  });
  const justThen = expireSwitches([timed, stays], estate, justBefore + 1);
  expect(justThen).toEqual({ kept: [stays], ended: [{ item: timed, why: 'expired' }] });
  expect(applySwitches([timed], estate, justBefore + 1).stamps.get('west-1-abcdef')?.state).toBe('ready');
});

test('maintenances are logged once each, for a year', () => {
  const work = createSwitch({ action: 'maintenance' });
  const log = logMaintenance([], [work, createSwitch({ id: 's-2' })], start + 60_000);
  const { id, target, owner, reason } = work;
  expect(log).toEqual([{ id, target, owner, reason, from: at(0), to: at(1) }]);
  expect(logMaintenance(log, [work], start + 120_000)).toEqual([{ ...log[0], to: at(2) }]);
  expect(logMaintenance(log, [], start + 367 * 86_400_000)).toEqual([]);
});

test('before any stamp is known, no stamp is held to be gone', () => {
  const early = { ...estate, stamps: [] };
  expect(expireSwitches([createSwitch()], early, start).kept).toHaveLength(1);
  expect(findTarget({ kind: 'stamp', name: 'west-1-abcdef' }, early)).toBeUndefined();
});

test('a name means a region, else a zone, a stamp, the workload', () => {
  const kindOf = (name: string) => findTarget({ name }, estate)?.kind;
  expect(['west', 'west-1', 'west-1-abcdef', 'shop', 'mars'].map(kindOf)).toEqual([
    'region',
    'zone',
    'stamp',
    'workload',
    undefined,
  ]);
  expect(findTarget({ kind: 'stamp', name: 'west-1' }, estate)).toBeUndefined();
});

test('the same order twice changes nothing; another end, reason or owner changes the switch and keeps its beginning', () => {
  const first = createSwitch();
  const { next } = setSwitch([], first);
  const again = setSwitch(next, createSwitch({ id: 's-9', since: at(5) }));
  expect(again).toEqual({ next, before: first });
  expect(again.next).toBe(next);
  const longer = setSwitch(next, createSwitch({ id: 's-9', since: at(5), until: at(60) }));
  expect(longer.next).toEqual([{ ...first, until: at(60) }]);
  const drained = setSwitch(next, createSwitch({ id: 's-9', action: 'drain', since: at(5) }));
  expect(drained.next).toEqual([{ ...first, action: 'drain', since: at(5) }]);
});

test('traffic and maintenance are two places, ended apart', () => {
  const off = createSwitch();
  const work = createSwitch({ id: 's-2', action: 'maintenance' });
  const both = setSwitch(setSwitch([], off).next, work).next;
  expect(both).toEqual([off, work]);
  expect(endSwitch(both, off.target, 'traffic')).toEqual({ next: [work], before: off });
  expect(endSwitch(both, off.target, 'maintenance')).toEqual({ next: [off], before: work });
  const other = endSwitch(both, west, 'traffic');
  expect(other).toEqual({ next: both, before: undefined });
});

const anyList = fc
  .array(anySwitch, { maxLength: 12 })
  .map((list) =>
    list.reduce((sum, item) => setSwitch(sum, item).next, [] as readonly ReturnType<typeof createSwitch>[]),
  );

test('property: setting is idempotent, and each place of a target holds one switch', () => {
  fc.assert(
    fc.property(anyList, anySwitch, (list, item) => {
      const once = setSwitch(list, item).next;
      const twice = setSwitch(once, { ...item, id: 'another' }).next;
      expect(twice).toBe(once);
      const places = once.map(
        ({ target, action }) => `${target.kind} ${target.name} ${action === 'maintenance'}`,
      );
      expect(new Set(places).size).toBe(places.length);
      const place = item.action === 'maintenance' ? 'maintenance' : 'traffic';
      const ended = endSwitch(once, item.target, place).next;
      expect(endSwitch(ended, item.target, place).next).toBe(ended);
    }),
  );
});

test('property: a record survives JSON and its schema unchanged', () => {
  fc.assert(
    fc.property(anyList, (list) => {
      expect(Switches.parse(JSON.parse(JSON.stringify(list)))).toEqual(list);
    }),
  );
});

test('property: what is taken off the record at a moment makes no difference at that moment', () => {
  fc.assert(
    fc.property(anyList, fc.integer({ min: 0, max: 90 }), (list, minutes) => {
      const now = start + minutes * 60_000;
      const { kept, ended } = expireSwitches(list, estate, now);
      expect(applySwitches(kept, estate, now)).toEqual(applySwitches(list, estate, now));
      expect(expireSwitches(kept, estate, now).ended).toEqual([]);
      expect(kept.length + ended.length).toBe(list.length);
      for (const { item, why } of ended) {
        if (why === 'gone') expect(isThere(item.target, estate)).toBe(false);
        else expect(Date.parse(item.until ?? '')).toBeLessThanOrEqual(now);
      }
    }),
  );
});
