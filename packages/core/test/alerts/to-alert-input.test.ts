import type { EntityHealth, SignalHealth } from '@alwayson/protocol/health.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { FlowSlo } from '@alwayson/protocol/slo.ts';
import { expect, test } from 'vitest';
import { toAlertInput } from '../../src/alerts/to-alert-input.ts';

const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node', 'api.ts'], routes: ['/'] },
    { name: 'mailer', command: ['node', 'mailer.ts'] },
  ],
  stores: [
    { name: 'orders', kind: 'relational' },
    { name: 'outgoing', kind: 'queue' },
    { name: 'pages', kind: 'cache' },
  ],
  flows: [{ name: 'buy', path: ['api', 'orders'] }],
});

function signalOf(name: string, state: SignalHealth['state'], value: number | null): SignalHealth {
  return { name, state, value, unit: null, threshold: null, at: null, ageMs: null };
}

function healthOf(id: string, more: Partial<EntityHealth> = {}): EntityHealth & { children: [] } {
  const [kind, name] = id.split(':') as [EntityHealth['kind'], string];
  const told = { id, kind, name, state: 'unhealthy' as const, since: '2026-01-01T00:00:00.000Z' };
  return {
    ...told,
    flags: [],
    partial: false,
    rootCauses: [id],
    signals: [],
    score: 0,
    children: [],
    ...more,
  };
}

const sloOf = (more: Partial<FlowSlo>) =>
  ({
    name: 'buy',
    state: 'ok',
    burnRates: [],
    trickle: { window: '3d', bad: 0, total: 0, rate: null, threshold: 0.93, firing: false },
    telemetry: { lastAt: null, silentSeconds: 0, alarmAfterSeconds: 146, alarm: false },
    ...more,
  }) as FlowSlo;

test.each([
  ['flow:buy', {}, 'flow-unhealthy'],
  ['stamp:west-1-ab12cd', {}, 'stamp-unhealthy'],
  ['stamp:west-1-ab12cd', { flags: ['gray'] }, 'stamp-gray'],
  ['store:orders', {}, 'database-writer-gone'],
  ['store:orders', { state: 'degraded' }, 'database-copy-gone'],
  ['store-region:outgoing/west', {}, 'queue-degraded'],
  ['store-region:pages/west', {}, 'cache-gone'],
  ['component:mailer', {}, 'worker-lagging'],
  ['stamp-component:west-1-ab12cd/mailer', {}, 'worker-lagging'],
  ['component:api', {}, 'unit-unhealthy'],
  ['stamp-component:west-1-ab12cd/api', {}, 'stamp-unhealthy'],
  ['store-region:orders/west', {}, 'unit-unhealthy'],
  ['zone:west-1', {}, 'zone-unhealthy'],
  ['host:west-1', {}, 'zone-unhealthy'],
  ['region:west', {}, 'region-unhealthy'],
  ['front-door:front-door', {}, 'gateway-not-in-force'],
  ['unit:gateway-agent-west', {}, 'gateway-not-in-force'],
  ['unit:pg-west-1', {}, 'database-copy-gone'],
  ['unit:pgbouncer-west-1', {}, 'unit-unhealthy'],
  ['unit:queue-west-1', {}, 'queue-degraded'],
  ['unit:cache-west', {}, 'cache-gone'],
  ['unit:observer-west', {}, 'observer-blind'],
  ['unit:control-plane', {}, 'control-plane-degraded'],
  ['flow:buy', { signals: [signalOf('shed', 'degraded', 0.4)] }, 'overloaded'],
  ['host:west-1', { signals: [signalOf('disk-free', 'degraded', 0.04)] }, 'disk-space'],
  [
    'front-door:front-door',
    { signals: [signalOf('certificate-days', 'unhealthy', 2)] },
    'certificate-expiry',
  ],
  ['host:west-1', { signals: [signalOf('disk-free', 'healthy', 0.4)] }, 'zone-unhealthy'],
] as const)('%s %j is told as %s', (id, more, kind) => {
  const health = { entities: [healthOf(id, more as Partial<EntityHealth>)], blindObservers: [] };
  const { entities } = toAlertInput({ health, slo: null, manifest });
  expect(entities).toMatchObject([{ id, alertKind: kind }]);
});

test('values are those of the bad signals', () => {
  const signals = [
    signalOf('depth', 'degraded', 5000),
    signalOf('age', 'healthy', 1),
    signalOf('up', 'unhealthy', null),
  ];
  const health = { entities: [healthOf('store:outgoing', { signals })], blindObservers: [] };
  expect(toAlertInput({ health, slo: null, manifest }).entities[0]?.values).toEqual({ depth: 5000 });
});

test.each(['observer-west', 'west'])(
  'an observer that reaches nobody (%s) is not well, whatever else is said of it',
  (name) => {
    const entities = [
      healthOf('unit:observer-west', { state: 'healthy', rootCauses: [] }),
      healthOf('region:west', { state: 'healthy' }),
    ];
    const { entities: seen } = toAlertInput({
      health: { entities, blindObservers: [name] },
      slo: null,
      manifest,
    });
    expect(seen).toMatchObject([
      {
        id: 'unit:observer-west',
        state: 'degraded',
        alertKind: 'observer-blind',
        reason: 'it reaches nobody',
      },
      { id: 'region:west', state: 'healthy' },
    ]);
  },
);

test('pairs, the rule for few requests, and the alarm about telemetry are taken over as they are', () => {
  const pair = { long: '1h', short: '5m', rate: 20, shortRate: 30, threshold: 13.44, held: false };
  const burning = sloOf({
    burnRates: [{ ...pair, action: 'page', firing: true }],
    trickle: { window: '3d', bad: 9, total: 10, rate: 900, threshold: 0.93, firing: true },
  });
  const silent = sloOf({
    name: 'view',
    state: 'no-telemetry',
    telemetry: { lastAt: null, silentSeconds: 200, alarmAfterSeconds: 146, alarm: true },
  });
  const health = { entities: [], blindObservers: [] };
  const { burns } = toAlertInput({ health, slo: { flows: [burning, silent] }, manifest });
  expect(burns[0]).toMatchObject({
    flow: 'buy',
    isSilent: false,
    pairs: [
      { long: '1h', severity: 'page', firing: true },
      { long: '3d', short: '3d', severity: 'ticket', firing: true },
    ],
  });
  expect(burns[1]).toMatchObject({ flow: 'view', isSilent: true });
});
