import type { HealthExplanation, HealthReport, SignalHealth } from '@alwayson/protocol/health.ts';

export type SampleEntity = HealthReport['entities'][number];

export const sampleAt = '2026-01-01T10:00:00.000Z';

/** `below`: ids of its children, felt in full. */
export function createEntity(
  id: `${SampleEntity['kind']}:${string}`,
  below: readonly string[] = [],
  change: Partial<SampleEntity> = {},
): SampleEntity {
  const [kind = '', name = ''] = id.split(/:(.*)/);
  return {
    id,
    kind: kind as SampleEntity['kind'],
    name,
    state: 'healthy',
    since: '2026-01-01T09:00:00.000Z',
    flags: [],
    partial: false,
    rootCauses: [],
    signals: [],
    score: 100,
    children: below.map((to) => ({ to, impact: 'standard' })),
    ...change,
  };
}

/** What is amiss with an entity for 12 s, because of `rootCauses`. */
export function amiss(
  state: 'degraded' | 'unhealthy' | 'unknown',
  reason: string,
  rootCauses: string[],
): Partial<SampleEntity> {
  return { state, reason, rootCauses, since: '2026-01-01T09:59:48.000Z' };
}

/** A shop with two flows and one stamp in each of two regions; `changes` by id. */
export function createHealthReport(
  changes: Record<string, Partial<SampleEntity>> = {},
  report: Partial<HealthReport> = {},
): HealthReport {
  const entities = [
    createEntity('workload:shop', ['flow:buy', 'flow:view', 'region:west', 'region:east']),
    createEntity('flow:buy', ['component:api', 'store:orders'], { criticality: 'high' }),
    createEntity('flow:view', ['component:api'], { criticality: 'low' }),
    createEntity('region:west', ['zone:west-1']),
    createEntity('region:east', ['zone:east-1']),
    createEntity('zone:west-1', ['host:west-1', 'stamp:west-1-abc', 'unit:pg-west-1']),
    createEntity('zone:east-1', ['host:east-1', 'stamp:east-1-abc', 'unit:pg-east-1']),
    createEntity('component:api', ['stamp:west-1-abc', 'stamp:east-1-abc']),
    createEntity('store:orders', ['unit:pg-west-1', 'unit:pg-east-1']),
    ...['west-1', 'east-1'].flatMap((zone) => [
      createEntity(`stamp:${zone}-abc`),
      createEntity(`unit:pg-${zone}`),
      createEntity(`host:${zone}`),
    ]),
  ].map((entity) => ({ ...entity, ...changes[entity.id] }));
  const state = entities[0]?.state ?? 'unknown';
  return { at: sampleAt, modelVersion: '0123456789abcdef', state, blindObservers: [], entities, ...report };
}

/** The same shop, whose stamp in the west is frozen. */
export function createTroubledReport(report: Partial<HealthReport> = {}): HealthReport {
  const cause = ['stamp:west-1-abc'];
  return createHealthReport(
    {
      'workload:shop': amiss('degraded', 'flow:buy is degraded', cause),
      'flow:buy': amiss('degraded', 'component:api is degraded', cause),
      'flow:view': amiss('degraded', 'component:api is degraded', cause),
      'region:west': amiss('degraded', 'zone:west-1 is degraded', cause),
      'zone:west-1': amiss('degraded', 'stamp:west-1-abc is unhealthy', cause),
      'component:api': amiss('degraded', '1 of 2 instances serve', cause),
      'stamp:west-1-abc': {
        ...amiss('unhealthy', 'check is unhealthy: it does not answer', cause),
        flags: ['gray', 'flapping'],
      },
    },
    report,
  );
}

export function createSignal(name: string, change: Partial<SignalHealth> = {}): SignalHealth {
  return {
    name,
    state: 'healthy',
    value: null,
    unit: null,
    threshold: null,
    at: sampleAt,
    ageMs: 2000,
    ...change,
  };
}

export function createExplanation(change: Partial<HealthExplanation> = {}): HealthExplanation {
  const { children: _, ...entity } = createEntity('flow:buy', [], {
    ...amiss('degraded', 'errors is 8 %', ['stamp:west-1-abc']),
    criticality: 'high',
    signals: [
      createSignal('probe'),
      createSignal('errors', {
        state: 'degraded',
        value: 0.08123,
        unit: 'ratio',
        threshold: { state: 'degraded', comparator: 'gte', enter: 0.0144, exit: 0.01296 },
      }),
      createSignal('latency', {
        state: 'unknown',
        unit: 'ms',
        at: null,
        ageMs: null,
        reason: 'too few requests',
      }),
    ],
  });
  return {
    at: sampleAt,
    modelVersion: '0123456789abcdef',
    entity,
    children: [
      { to: 'store:orders', impact: 'limited', state: 'healthy' },
      { to: 'component:api', impact: 'standard', state: 'degraded', reason: '1 of 2 instances serve' },
    ],
    causePath: [
      { id: 'flow:buy', state: 'degraded', reason: 'component:api is degraded' },
      { id: 'component:api', state: 'degraded', reason: '1 of 2 instances serve' },
      { id: 'stamp:west-1-abc', state: 'unhealthy', reason: 'it does not answer' },
    ],
    because: ['errors is 8 %, degraded at or above 1.44 %', 'component:api is degraded'],
    clears: [
      'errors must fall below 1.3 %: needs 2 good results in a row.',
      'component:api must become healthy.',
    ],
    ...change,
  };
}
