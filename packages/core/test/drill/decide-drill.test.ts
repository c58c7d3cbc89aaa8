import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideDrill } from '../../src/drill/decide-drill.ts';

const hour = 3_600_000;

test.each([
  ['before its moment', { dueAt: 10, now: 9, isBusy: false }, 'wait'],
  ['at its moment', { dueAt: 10, now: 10, isBusy: false }, 'run'],
  ['while something else moves the database', { dueAt: 10, now: 10, isBusy: true }, 'wait'],
  ['half an hour late', { dueAt: 0, now: hour / 2, isBusy: false }, 'run'],
  ['hours late', { dueAt: 0, now: 2 * hour, isBusy: false }, 'skip'],
  ['kept busy for too long', { dueAt: 0, now: 2 * hour, isBusy: true }, 'skip'],
] as const)('%s', (_, facts, wanted) => expect(decideDrill(facts)).toBe(wanted));

test('one that is due is begun or left out in the end, and never begun early or beside something else', () => {
  fc.assert(
    fc.property(
      fc.nat(3 * hour),
      fc.array(fc.tuple(fc.nat(hour), fc.boolean()), { maxLength: 20 }),
      (dueAt, looks) => {
        let now = 0;
        for (const [ms, isBusy] of [...looks, [5 * hour, true] as const]) {
          now += ms;
          const decided = decideDrill({ dueAt, now, isBusy });
          if (decided === 'run')
            expect({ isBusy, early: now < dueAt }).toEqual({ isBusy: false, early: false });
          if (decided === 'run') return;
          if (decided === 'skip') expect(now).toBeGreaterThan(dueAt);
          if (decided === 'skip') return;
        }
        throw new Error('It waits for ever.');
      },
    ),
  );
});
