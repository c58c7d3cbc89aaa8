import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareRouteVersions, decideRouteChange } from '../../src/routes/decide-route-change.ts';

const zones = [
  { name: 'west-1', region: 'west', address: '127.1.1.1' },
  { name: 'east-1', region: 'east', address: '127.1.2.1' },
];
const stamp: RouteStamp = {
  id: 'west-1-aaaaaa',
  region: 'west',
  zone: 'west-1',
  release: 'aaaaaa0000',
  address: '127.1.1.1',
  healthPort: 10_000,
  ports: { web: 10_001 },
  state: 'ready',
  weight: 100,
};
const other: RouteStamp = {
  ...stamp,
  id: 'east-1-aaaaaa',
  region: 'east',
  zone: 'east-1',
  address: '127.1.2.1',
};
const record: RouteRecord = {
  epoch: 2,
  generation: 5,
  components: [{ name: 'web', routes: ['/'] }],
  flows: [{ name: 'browse', requests: [{ methods: ['GET'], path: '/shop/**' }] }],
  limits: { requestsPerSecondPerClient: 100, requestBodyBytesMax: 1000, requestTimeoutMs: 1000 },
  stamps: [stamp, other],
};
const next = (change: Partial<RouteRecord> = {}): RouteRecord => ({ ...record, generation: 6, ...change });
const decide = (offered: RouteRecord, current: RouteRecord | null = record) =>
  decideRouteChange(current, offered, zones);

test('the first record is taken, the same one again changes nothing', () => {
  expect(decide(record, null)).toEqual({ kind: 'structure' });
  expect(decide({ ...record })).toEqual({ kind: 'same' });
  expect(
    decide(JSON.parse(JSON.stringify(record, Object.keys(flatten(record)).sort())) as RouteRecord),
  ).toEqual({
    kind: 'same',
  });
});

test('shares and states move without a reload, everything else needs one', () => {
  expect(
    decide(
      next({
        stamps: [
          { ...stamp, weight: 3 },
          { ...other, state: 'off' },
        ],
      }),
    ),
  ).toEqual({ kind: 'weights' });
  expect(decide(next({ stamps: [other, stamp] }))).toEqual({ kind: 'weights' });
  const detours = [{ flow: 'browse', weights: { [stamp.id]: 0 } }];
  const pools = [{ gateway: 'west', weights: { [stamp.id]: 0, [other.id]: 1 } }];
  expect(decide(next({ detours, pools }))).toEqual({ kind: 'weights' });
  expect(decide(next({ shed: [{ flow: 'browse', part: 0.5 }] }))).toEqual({ kind: 'weights' });
  expect(decide(next({ tracing: { sampleRatio: 1 } }))).toEqual({ kind: 'structure' });
  expect(decide(next({ stamps: [stamp] }))).toEqual({ kind: 'structure' });
  expect(decide(next({ limits: { ...record.limits, requestTimeoutMs: 2 } }))).toEqual({ kind: 'structure' });
});

test('the past is refused: the epoch outranks the generation', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.nat(9), (epoch, generation) => {
      const decision = decide({ ...record, epoch, generation, stamps: [stamp] });
      const newer = epoch > 2 || (epoch === 2 && generation > 5);
      expect(decision.kind === 'refused').toBe(!newer);
      if (decision.kind === 'refused') expect(decision.code).toBe('AON_GENERATION_OLD');
      expect(compareRouteVersions({ epoch, generation }, record) > 0).toBe(newer);
    }),
  );
});

test.each<[string, Partial<RouteRecord>]>([
  [
    'No ready stamp',
    {
      stamps: [
        { ...stamp, weight: 0 },
        { ...other, state: 'drain' },
      ],
    },
  ],
  ['No ready stamp', { components: [...record.components, { name: 'api', routes: ['/api'] }] }],
  ['named twice', { stamps: [stamp, stamp] }],
  ['named twice', { components: [...record.components, { name: 'web2', routes: ['/'] }] }],
  ['which this environment does not have', { stamps: [{ ...stamp, zone: 'mars-1' }, other] }],
  ['is not the address', { stamps: [{ ...stamp, address: '10.0.0.1' }, other] }],
  ['is not in region', { stamps: [{ ...stamp, region: 'east' }, other] }],
  ['cannot carry', { stamps: [{ ...stamp, id: 'a b' }, other] }],
  ['not 1..65535', { stamps: [{ ...stamp, ports: { web: 0 } }, other] }],
  ['is not a path', { flows: [{ name: 'browse', requests: [{ methods: ['GET'], path: '/a\n  bind :1' }] }] }],
  ['is not an HTTP method', { flows: [{ name: 'browse', requests: [{ methods: ['GET }'], path: '/' }] }] }],
  ['is not a valid name', { flows: [{ name: 'browse me', requests: [] }] }],
  ['A refusal is for', { shed: [{ flow: 'browse;disable', part: 1 }] }],
  ['is no flow of the record', { detours: [{ flow: 'browse;disable', weights: {} }] }],
  [
    'The detour of browse is named twice',
    {
      detours: [
        { flow: 'browse', weights: {} },
        { flow: 'browse', weights: {} },
      ],
    },
  ],
  [
    'would serve web behind gateway west',
    { pools: [{ gateway: 'west', weights: { [stamp.id]: 0, [other.id]: 0 } }] },
  ],
  [
    'named twice',
    {
      pools: [
        { gateway: 'west', weights: {} },
        { gateway: 'west', weights: {} },
      ],
    },
  ],
  ['must be above 0', { limits: { ...record.limits, requestTimeoutMs: 0 } }],
])('a record is refused: %s', (reason, change) => {
  const decision = decide(next(change));
  expect(decision).toMatchObject({ kind: 'refused', code: 'AON_ROUTES_REFUSED' });
  expect(decision).toHaveProperty('reason', expect.stringContaining(reason));
});

/** All field names at any depth, to write the same document in another order. */
function flatten(value: unknown): Record<string, true> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.entries(value).reduce<Record<string, true>>(
    (names, [name, field]) => ({ ...names, [name]: true, ...flatten(field) }),
    {},
  );
}
