import { Manifest } from '@alwayson/protocol/manifest.ts';
import { ReleaseProgram } from '@alwayson/protocol/release-program.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findReleaseRefusals } from '../../src/rollout/find-release-refusals.ts';
import { findStepCapacity, toExpectedSeconds, toTrafficSteps } from '../../src/rollout/plan-steps.ts';

const release = ReleaseProgram.parse({ trafficSteps: [10, 100], bakeSeconds: 20 });
const regions = ['west', 'east'];
const deploy = { kind: 'deploy', budget: 'normal' } as const;

test('all regions at once, or one after the other; a low budget doubles the bakes; a rollback is one step', () => {
  expect(toTrafficSteps(release, regions, deploy)).toEqual([
    { parts: { west: 0.1, east: 0.1 }, bakeSeconds: 20 },
    { parts: { west: 1, east: 1 }, bakeSeconds: 20 },
  ]);
  expect(toTrafficSteps({ ...release, order: 'regions' }, regions, { ...deploy, budget: 'careful' })).toEqual(
    [
      { parts: { west: 0.1, east: 0 }, bakeSeconds: 40 },
      { parts: { west: 1, east: 0 }, bakeSeconds: 40 },
      { parts: { west: 1, east: 0.1 }, bakeSeconds: 40 },
      { parts: { west: 1, east: 1 }, bakeSeconds: 40 },
    ],
  );
  const back = toTrafficSteps({ ...release, order: 'regions' }, regions, {
    kind: 'rollback',
    budget: 'careful',
  });
  expect(back).toEqual([{ parts: { west: 1, east: 1 }, bakeSeconds: 20 }]);
  expect(toExpectedSeconds(back)).toBe(57);
});

test('a step that one region cannot carry may be carried by another, or is not enough', () => {
  const steps = toTrafficSteps(release, regions, deploy);
  const load = (west: number, east: number) => [
    { region: 'west', demand: 300, candidate: west },
    { region: 'east', demand: 100, candidate: east },
  ];
  expect(findStepCapacity(steps, load(400, 400)).every(({ enough }) => enough)).toBe(true);
  expect(findStepCapacity(steps, load(300, 400)).every(({ enough }) => enough)).toBe(true);
  expect(findStepCapacity(steps, load(200, 200)).filter(({ enough }) => !enough)).toMatchObject([
    { step: 1, region: 'west', capacity: 200 },
  ]);
});

test('whatever the steps, every region ends with all of its traffic and never goes back', () => {
  const steps = fc
    .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
    .map((list) => [...list.toSorted((a, b) => a - b), 100]);
  fc.assert(
    fc.property(steps, fc.constantFrom('together' as const, 'regions' as const), (trafficSteps, order) => {
      const made = toTrafficSteps({ ...release, trafficSteps, order }, regions, deploy);
      expect(made.at(-1)?.parts).toEqual({ west: 1, east: 1 });
      for (const region of regions) {
        const parts = made.map((step) => step.parts[region] ?? 0);
        expect(parts).toEqual(parts.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('what a deploy cannot change is named', () => {
  const base = {
    name: 'shop',
    owner: 'me',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'web', command: ['node'], routes: ['/'] }],
    flows: [{ name: 'visit', path: ['web'] }],
  };
  const live = Manifest.parse(base);
  expect(findReleaseRefusals(live, Manifest.parse({ ...base, owner: 'you' }))).toEqual([]);
  const next = Manifest.parse({
    ...base,
    components: [...base.components, { name: 'api', command: ['node'] }],
    stores: [{ name: 'database', kind: 'relational' }],
  });
  expect(findReleaseRefusals(live, next)).toEqual([
    'Another set of stores: database (relational), beside none. A deploy cannot change it.',
    'Another set of components: web, api, beside web. A deploy cannot change it.',
  ]);
});
