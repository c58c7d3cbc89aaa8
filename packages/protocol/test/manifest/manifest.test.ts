import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Manifest, type ManifestInput } from '../../src/manifest.ts';
import { Name } from '../../src/words.ts';

const input: ManifestInput = {
  name: 'shop',
  owner: 'team shop',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['node', 'api.js'] }],
  stores: [{ name: 'orders', kind: 'relational' }],
  flows: [{ name: 'buy', path: ['api', 'orders'], requests: [{ path: '/buy/**' }] }],
};

/** `field: message` of every fault. */
function listFaults(value: unknown): string[] {
  const parsed = Manifest.safeParse(value);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('a short manifest is valid, and every default is filled in', () => {
  const manifest = Manifest.parse(input);
  expect(manifest).toMatchObject({
    tier: 0,
    objectives: { availability: 99.95, windowDays: 28, rtoSeconds: 60, rpoSeconds: 5, latencyP99Ms: 500 },
    regions: [{ zones: 2 }, { zones: 2 }],
    components: [
      { cwd: '.', routes: [], probe: { path: '/readyz', timeoutMs: 650 }, startBudgetSeconds: 30 },
    ],
    stores: [{ durability: 'replicated', whenCopyLost: 'degrade' }],
    flows: [{ kind: 'user', criticality: 'medium', requests: [{ methods: ['GET', 'HEAD'] }] }],
    gateway: { requestBodyBytesMax: 1_048_576 },
    release: { trafficSteps: [5, 25, 50, 100], bakeSeconds: 30 },
    people: [],
  });
});

test('what is filled in is a manifest again, unchanged', () => {
  const manifest = Manifest.parse(input);
  expect(Manifest.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
});

test('names are unique in their list, and every name that is referred to is declared', () => {
  const faults = listFaults({
    ...input,
    regions: [{ name: 'west' }, { name: 'west' }],
    stores: [
      { name: 'orders', kind: 'relational' },
      { name: 'bills', kind: 'relational' },
    ],
    flows: [{ name: 'buy', path: ['api', 'ordres'] }],
    dependencies: [{ from: 'api', to: 'mail' }],
  });
  expect(faults).toEqual([
    'regions.1.name: a name used once in this list',
    'flows.0.path.1: one of: api, orders, bills',
    'dependencies.0.to: one of: api, orders, bills',
    'stores.1.kind: one store of kind relational',
  ]);
});

test('a signal of a release is counted by request, so its component has routes', () => {
  const toSignal = (component: string) => ({
    name: 'sold',
    component,
    metric: 'sold_total',
    expect: 'not-lower',
  });
  const components = [
    { name: 'api', command: ['node', 'api.js'], routes: ['/'] },
    { name: 'worker', command: ['node', 'worker.js'] },
  ];
  const signals = ['api', 'worker', 'nobody'].map(toSignal);
  const faults = listFaults({ ...input, components, release: { gates: { signals } } });
  const message = 'a component with routes, for it is counted by request: api';
  expect(faults).toEqual([1, 2].map((n) => `release.gates.signals.${n}.component: ${message}`));
});

test('references are judged also when other fields are wrong', () => {
  const faults = listFaults({
    ...input,
    tier: 'high',
    flows: [{ name: 'buy', path: ['nowhere'] }],
    extra: 1,
  });
  expect(faults).toHaveLength(3);
  expect(faults).toContain('flows.0.path.0: one of: api, orders');
});

test('anything at all is judged without a throw', () => {
  const part = fc.oneof(fc.anything(), fc.constantFrom(...Object.values(input)));
  const like = fc.record({
    name: part,
    regions: part,
    components: part,
    stores: part,
    flows: part,
    dependencies: part,
  });
  fc.assert(fc.property(fc.oneof(fc.anything(), like), (value) => !Manifest.safeParse(value).success));
});

test('a name is short and safe in file names, addresses and configuration files', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      expect(Name.safeParse(text).success).toBe(
        /^[a-z][a-z0-9-]*$/.test(text) && /^.{1,31}[a-z0-9]$/.test(text),
      );
    }),
  );
  expect(Name.safeParse('west-1').success).toBe(true);
  expect(Name.safeParse('west\n').success).toBe(false);
});
