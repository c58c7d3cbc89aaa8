import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { measureFault } from '../harness/measure-fault.ts';
import { failuresOf } from '../harness/open-loop.ts';
import { useCatalog } from '../harness/use-catalog.ts';
import { isAvoided } from '../harness/watch-stamps.ts';

/** What operators take out of service costs no request, and what must not go is refused. */
const catalog = useCatalog();
const why = ['--reason', 'a scenario', '--json'];

test('a stamp off and on, a region off and on, the last region refused', async () => {
  const { environment } = catalog;
  const { stamps } = await environment.until('whole', isWhole, 120_000);
  const stamp = stamps.find(({ zone }) => zone === 'west-2')?.id ?? '';
  const east = stamps.filter(({ region }) => region === 'east').map(({ id }) => id);
  const off = await measureFault(catalog, {
    name: 'stamp off',
    forMs: 8000,
    strike: async () => expect((await environment.cli('stamp', 'off', stamp, ...why)).exitCode).toBe(0),
    undo: async () => expect((await environment.cli('stamp', 'on', stamp, ...why)).exitCode).toBe(0),
    isEvicted: (report) => isAvoided(report, stamp, { component: 'api', flows: [] }),
  });
  expect(off.evictMs).not.toBeNull();
  expect([...failuresOf(off.safe), ...failuresOf(off.writes)]).toEqual([]);

  const region = await measureFault(catalog, {
    name: 'region off',
    forMs: 8000,
    strike: async () => expect((await environment.cli('region', 'off', 'east', ...why)).exitCode).toBe(0),
    undo: async () => {
      const last = await environment.cli('region', 'off', 'west', ...why);
      expect([last.exitCode, last.stderr + last.stdout]).toEqual([3, expect.stringContaining('AON_')]);
      expect((await environment.cli('region', 'on', 'east', ...why)).exitCode).toBe(0);
    },
    isEvicted: (report) => east.every((id) => isAvoided(report, id, { component: 'api', flows: [] })),
  });
  expect(region.evictMs).not.toBeNull();
  expect([...failuresOf(region.safe), ...failuresOf(region.writes)]).toEqual([]);
});
