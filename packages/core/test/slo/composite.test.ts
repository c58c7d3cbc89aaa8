import { Manifest, type ManifestInput } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import { toErrorBudgetSeconds, toRequestsToProve } from '../../src/slo/availability-figures.ts';
import { toCompositeSlo } from '../../src/slo/composite.ts';
import { toRedundant, toSerial } from '../../src/slo/redundancy.ts';

test.each([
  ['2 of 3', { needed: 2, instances: 3 }, 99.9925],
  ['1 of 2', { needed: 1, instances: 2 }, 99.9975],
  ['1 of 3', { needed: 1, instances: 3 }, 99.9999875],
])('independent instances at 99.5 %%: %s', (_, group, percent) => {
  const availability = toRedundant(0.995, { ...group, commonCause: 0 });
  // The table cuts 99.992525 to four places.
  expect(Math.abs(availability * 100 - percent)).toBeLessThan(0.00003);
  expect(1 - availability).toBeCloseTo(group.needed === 2 ? 0.000_074_75 : 0.005 ** group.instances, 12);
});

test.each([
  [0, 99.9999],
  [1, 99.9989],
  [5, 99.9949],
  [10, 99.9899],
])('beta factor: two regions at 99.9 % with beta %d %%', (percent, expected) => {
  const availability = toRedundant(0.999, { needed: 1, instances: 2, commonCause: percent / 100 });
  expect(availability * 100).toBeCloseTo(expected, 4);
});

test('reference check: the global tier, and the whole with one, two and three stamps', () => {
  const globalTier = toSerial([1, 0.99999, 0.9999, 0.9999]);
  const stampTier = 0.9977;
  const whole = (stamps: number) =>
    toSerial([globalTier, toRedundant(stampTier, { needed: 1, instances: stamps, commonCause: 0 })]);
  expect(globalTier).toBeCloseTo(0.99979, 5);
  expect(whole(1)).toBeCloseTo(0.99749, 5);
  expect(whole(2)).toBeCloseTo(0.999785, 6);
  expect(whole(3)).toBeCloseTo(0.99979, 7);
});

test('reference check: ticketing, with the network, with code, configuration and operations', () => {
  const published = toSerial([0.9998, 0.9995, 0.998, 0.9999]);
  const withNetwork = toSerial([published, 0.9999, 0.9999, 0.9999, 0.9999]);
  const whole = toSerial([withNetwork, 0.9986, 0.9995, 0.9995]);
  expect(published).toBeCloseTo(0.9972, 4);
  expect(withNetwork).toBeCloseTo(0.9968, 4);
  expect(whole).toBeGreaterThan(0.9944);
  expect(whole).toBeLessThan(0.9945);
});

const hms = (hours: number, minutes = 0, seconds = 0) => hours * 3600 + minutes * 60 + seconds;

test.each([
  [0.99, hms(1, 40, 48), hms(6, 43, 12), hms(7, 12), hms(87, 36)],
  [0.999, hms(0, 10, 4.8), hms(0, 40, 19.2), hms(0, 43, 12), hms(8, 45, 36)],
  [0.9995, hms(0, 5, 2.4), hms(0, 20, 9.6), hms(0, 21, 36), hms(4, 22, 48)],
  [0.9999, hms(0, 1, 0.48), hms(0, 4, 1.92), hms(0, 4, 19.2), hms(0, 52, 33.6)],
  [0.99999, 6.048, 24.192, 25.92, hms(0, 5, 15.36)],
  [0.999999, 0.6048, 2.4192, 2.592, 31.536],
])('tier table: %d may be down this long in a week, 28, 30 and 365 days', (objective, ...seconds) => {
  const days = [7, 28, 30, 365];
  for (const [index, expected] of seconds.entries()) {
    expect(toErrorBudgetSeconds(objective, days[index] ?? 0)).toBeCloseTo(expected, 3);
  }
});

test('zero failures prove 99.9 % only after 2,995 requests, 99.99 % after 29,956, 99.999 % after 299,572', () => {
  expect([0.999, 0.9999, 0.99999].map(toRequestsToProve)).toEqual([2995, 29_956, 299_572]);
});

const base: ManifestInput = {
  name: 'shop',
  owner: 'team shop',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node', 'api.js'], routes: ['/'], capacity: { requestsPerSecond: 100 } },
    { name: 'worker', command: ['node', 'worker.js'] },
  ],
  stores: [
    { name: 'orders', kind: 'relational' },
    { name: 'jobs', kind: 'queue' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [{ name: 'buy', path: ['api', 'orders', 'cache', 'worker'] }],
  dependencies: [
    { from: 'api', to: 'orders', kind: 'hard', scope: 'global' },
    { from: 'api', to: 'cache', kind: 'soft' },
    { from: 'api', to: 'worker', kind: 'async' },
    { from: 'api', to: 'jobs', kind: 'startup' },
  ],
};

function compose(change: Partial<ManifestInput> = {}) {
  const manifest = Manifest.parse({ ...base, ...change });
  const [flow] = manifest.flows;
  if (flow === undefined) throw new Error('The manifest has a flow.');
  const { factors, ...composite } = toCompositeSlo(manifest, flow);
  return {
    ...composite,
    factors: Object.fromEntries(factors.map(({ name, availability }) => [name, availability])),
    text: factors.map(({ name, explanation }) => `${name}: ${explanation}`),
  };
}

test('a flow is its hard path: soft is left out, asynchronous is its queue, startup counts by exposure', () => {
  const { factors, omitted, availability } = compose({ assumptions: { commonCausePercent: 0 } });
  expect(Object.keys(factors)).toEqual([
    'gateways',
    'stamps',
    'orders',
    'jobs',
    'failover',
    'code',
    'configuration',
    'operations',
    'external',
  ]);
  expect(omitted).toEqual([
    'cache: soft, the flow goes on without it, degraded',
    'worker: asynchronous, only the enqueuing counts',
  ]);
  expect(factors['gateways']).toBeCloseTo(1 - 0.001 ** 2, 12);
  // Three of four stamps with the api alone.
  expect(factors['stamps']).toBeCloseTo(0.995 ** 4 + 4 * 0.995 ** 3 * 0.005, 12);
  expect(factors['orders']).toBeCloseTo(1 - 0.001 ** 2, 12);
  expect(factors['failover']).toBeCloseTo(1 - 120 / 31_536_000, 12);
  expect(availability).toBeCloseTo(toSerial(Object.values(factors)), 12);
  const startup = compose({ flows: [{ name: 'buy', path: ['api'] }] });
  expect(startup.factors['jobs']).toBeCloseTo(1 - 0.01 * 0.001, 12);
});

test('the capacity decides how many stamps are needed', () => {
  const needs = (peakRequestsPerSecond: number) =>
    compose({ assumptions: { peakRequestsPerSecond } }).text.find((line) => line.startsWith('stamps'));
  expect(needs(100)).toMatch(/^stamps: 1 of 4 stamps \(100 requests\/s at the peak, 100 each\)/);
  expect(needs(101)).toMatch(/^stamps: 2 of 4/);
  expect(compose({ assumptions: { peakRequestsPerSecond: 900 } }).factors['stamps']).toBe(0);
  expect(compose().text.join('\n')).toContain('3 of 4 stamps (no peak load is declared: all but one)');
});

test('a store that refuses writes without its second copy needs both', () => {
  const stores = [{ name: 'orders', kind: 'relational' as const, whenCopyLost: 'refuse' as const }];
  const flows = [{ name: 'buy', path: ['api', 'orders'] }];
  const { factors } = compose({ stores, flows, dependencies: [] });
  expect(factors['orders']).toBeCloseTo(0.99902 ** 2 - 0.00002, 12);
  const single = [{ name: 'orders', kind: 'relational' as const, durability: 'durable' as const }];
  expect(compose({ stores: single, flows, dependencies: [] }).factors['orders']).toBeCloseTo(0.999, 12);
});

test('what the system does by itself passes no gateway', () => {
  const { factors } = compose({ flows: [{ name: 'sync', kind: 'system', path: ['worker'] }] });
  expect(factors['gateways']).toBeUndefined();
  expect(factors['stamps']).toBeGreaterThan(0.999);
});
