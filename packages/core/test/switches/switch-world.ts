import type { Switch } from '@alwayson/protocol/switches.ts';
import fc from 'fast-check';
import type { SwitchEstate } from '../../src/switches/switch-scope.ts';

export const estate: SwitchEstate = {
  workload: 'shop',
  zones: ['west', 'east'].flatMap((region) => [1, 2].map((n) => ({ name: `${region}-${n}`, region }))),
  stamps: ['west', 'east'].flatMap((region) =>
    [1, 2].map((n) => ({ id: `${region}-${n}-abcdef`, region, zone: `${region}-${n}` })),
  ),
};

export const start = Date.parse('2026-01-01T00:00:00Z');
export const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

export function createSwitch(change: Partial<Switch> = {}): Switch {
  const target = { kind: 'stamp', name: 'west-1-abcdef' } as const;
  return { id: 's-1', target, action: 'off', reason: 'new disk', owner: 'kim', since: at(0), ...change };
}

const targets: Switch['target'][] = [
  ...estate.stamps.map(({ id }) => ({ kind: 'stamp', name: id }) as const),
  ...estate.zones.map(({ name }) => ({ kind: 'zone', name }) as const),
  { kind: 'region', name: 'west' },
  { kind: 'region', name: 'east' },
];

/** Switches on anything of the estate, some of them with an end; the workload is only ever under maintenance. */
export const anySwitch: fc.Arbitrary<Switch> = fc
  .record({
    id: fc.uuid(),
    target: fc.constantFrom(...targets),
    action: fc.constantFrom('off', 'drain', 'maintenance'),
    reason: fc.constantFrom('new disk', 'a test'),
    owner: fc.constantFrom('kim', 'alex'),
    until: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    override: fc.constantFrom(true, undefined),
  })
  .map(({ until, override, ...rest }) => ({
    ...rest,
    since: at(0),
    ...(until === undefined ? {} : { until: at(until) }),
    ...(override === undefined ? {} : { override }),
  }));
