import { observerZone, type RegionPlan } from '@alwayson/core/estate/topology.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { DoorFacts } from '../database/database-driver.ts';
import { type HealthFacts, ownObserver } from './health-facts.ts';
import { findLostHost, findSuspectStore } from './suspect-causes.ts';

/** PgBouncers, by what they answered themselves: their hosts only know that they take connections. */
export function toDoorSamples(
  facts: HealthFacts,
  store: Manifest['stores'][number],
  { id, zone, answer }: DoorFacts,
): HealthSample[] {
  if (answer === null) return [];
  const base = { entity: entityIds.unit(id), observer: ownObserver };
  const seen: HealthSample = {
    ...base,
    signal: 'answer',
    at: answer.at,
    ...toVerdict(answer.kind),
    ...toCause(findLostHost(facts, zone)),
  };
  const { load } = answer;
  if (load === null) return [seen];
  // While nobody writes, clients are kept waiting on purpose.
  const cause = load.maxWaitMs > 0 ? findSuspectStore(facts, [store.name]) : undefined;
  const reason = `${load.waiting} clients wait for a connection to the database`;
  const told = { at: load.at, value: load.maxWaitMs, samples: 1, reason };
  return [seen, { ...base, signal: 'waiting', ...told, ...toCause(cause) }];
}

export function toCacheSample(facts: HealthFacts, region: RegionPlan): HealthSample[] {
  const answer = facts.cache(region.name);
  if (answer === null) return [];
  return [
    {
      entity: entityIds.unit(`cache-${region.name}`),
      signal: 'answer',
      at: answer.at,
      observer: ownObserver,
      ...toVerdict(answer.kind),
      ...(answer.reason === undefined ? {} : { reason: answer.reason }),
      ...toCause(findLostHost(facts, observerZone(region).name)),
    },
  ];
}

/** Silence is unhealthy only where others answer: that is for the model to say. */
function toVerdict(kind: 'answered' | 'wrong' | 'refused' | 'starting' | 'silent') {
  switch (kind) {
    case 'answered':
      return { state: 'healthy' } as const;
    case 'silent':
      return { state: 'unknown', reason: 'it takes connections and does not answer' } as const;
    case 'refused':
      return { state: 'unhealthy', hard: true, reason: 'its port refuses connections' } as const;
    case 'starting':
      return { state: 'unhealthy', reason: 'it lets nobody in' } as const;
    case 'wrong':
      return { state: 'unhealthy' } as const;
  }
}

function toCause(cause: string | undefined) {
  return cause === undefined ? {} : { cause };
}
