import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { type HealthFacts, ownObserver } from './health-facts.ts';
import { toCacheSample, toDoorSamples } from './server-samples.ts';
import { findLostHost } from './suspect-causes.ts';

type Member = Status['database']['members'][number];

/** Stores, and the roles of the servers behind them, as their controllers judge them. */
export function toStoreSamples(facts: HealthFacts): HealthSample[] {
  return facts.manifest.stores.flatMap((store) => {
    switch (store.kind) {
      case 'relational':
        return [
          ...toDatabaseSamples(facts, store),
          ...facts.database.members.flatMap(toMemberSamples(facts)),
          ...facts.doors.flatMap((door) => toDoorSamples(facts, store, door)),
        ];
      case 'queue':
        return facts.queues.flatMap((queue) => toQueueSamples(facts, store.name, queue));
      case 'cache':
        return facts.regions.flatMap((region) => toCacheSample(facts, region));
    }
  });
}

function toDatabaseSamples(facts: HealthFacts, store: Manifest['stores'][number]): HealthSample[] {
  const { writer, members } = facts.database;
  const primary = members.find(({ id }) => id === writer);
  if (primary === undefined || primary.state === 'unknown') return [];
  const base = { entity: entityIds.store(store.name), at: facts.now, observer: ownObserver };
  const hasCopy = members.some(isCopy);
  const isWriting = isWriterWell(primary, members);
  const reason = `${primary.id}: ${primary.reason ?? primary.state}`;
  const samples: HealthSample[] = [
    isWriting
      ? { ...base, signal: 'writer', state: 'healthy' }
      : { ...base, signal: 'writer', state: primary.state, reason, cause: entityIds.unit(primary.id) },
  ];
  if (store.durability !== 'replicated') return samples;
  const lost = members.find(({ sync, state }) => sync && state !== 'healthy') ?? members.find(isDown);
  const copy: HealthSample = hasCopy
    ? { ...base, signal: 'second-copy', state: 'healthy' }
    : {
        ...base,
        signal: 'second-copy',
        state: 'unhealthy',
        reason: 'no second server confirms writes',
        ...(lost === undefined ? {} : { cause: findLostHost(facts, lost.zone) ?? entityIds.unit(lost.id) }),
      };
  return [...samples, copy];
}

function isCopy({ sync, state }: Member): boolean {
  return sync && state === 'healthy';
}

/** A writer that lacks its copy is degraded too: that is for the second copy to say. */
function isWriterWell({ state }: Member, members: readonly Member[]): boolean {
  return state === 'healthy' || (state === 'degraded' && !members.some(isCopy));
}

function isDown({ state }: Member): boolean {
  return state === 'unhealthy';
}

function toMemberSamples(facts: HealthFacts): (member: Member) => HealthSample[] {
  const { writer, members } = facts.database;
  return (member) => {
    const { id, zone, reason = member.state, lagBytes, lag: behind } = member;
    const state = id === writer && isWriterWell(member, members) ? 'healthy' : member.state;
    const entity = entityIds.unit(id);
    const base = { entity, at: facts.now, observer: ownObserver };
    const follows = writer === null || writer === id ? undefined : entityIds.unit(writer);
    const cause = findLostHost(facts, zone) ?? (state === 'degraded' ? follows : undefined);
    const told = cause === undefined ? {} : { cause };
    const lags: HealthSample[] = [
      { ...base, signal: 'lag', value: lagBytes, samples: 1 },
      { ...base, signal: 'lag-time', value: behind?.ms ?? null, samples: 1, ...told },
    ];
    if (state === 'unknown') return lags;
    return [{ ...base, signal: 'role', ...toVerdict(state, reason, cause) }, ...lags];
  };
}

function toVerdict(state: State, reason: string, cause: string | undefined) {
  if (state === 'healthy') return { state };
  return { state, reason, ...(cause === undefined ? {} : { cause }) };
}

function toQueueSamples(facts: HealthFacts, store: string, queue: Status['queues'][number]): HealthSample[] {
  const { region, primary, state, reason = state } = queue;
  if (state === 'unknown') return [];
  const base = { at: facts.now, observer: ownObserver };
  const memory = toMemorySample(entityIds.storeRegion(store, region), queue);
  const zones = facts.regions.find(({ name }) => name === region)?.zones.slice(0, 2) ?? [];
  const servers = zones.map(({ name }) => ({ zone: name, id: `queue-${name}` }));
  const blamed = state === 'unhealthy' ? primary : servers.find(({ id }) => id !== primary)?.id;
  const cause = blamed == null ? undefined : entityIds.unit(blamed);
  const entity = entityIds.storeRegion(store, region);
  const serving: HealthSample = { ...base, entity, signal: 'serving', ...toVerdict(state, reason, cause) };
  if (primary === null) return [serving, ...memory];
  const roles = servers.map(({ zone, id }): HealthSample => {
    const lost = findLostHost(facts, zone);
    // Who holds no second copy serves nobody worse; while nobody accepts writes, it waits for the one that should.
    const told =
      id === primary
        ? toVerdict(state === 'unhealthy' ? state : 'healthy', reason, lost)
        : toVerdict(state === 'healthy' ? state : 'degraded', reason, lost ?? entityIds.unit(primary));
    return { ...base, entity: entityIds.unit(id), signal: 'role', ...told };
  });
  return [serving, ...memory, ...roles];
}

function toMemorySample(
  entity: string,
  { memoryUsedRatio: value, oldestAgeAt }: Status['queues'][number],
): HealthSample[] {
  if (value === undefined || oldestAgeAt === undefined) return [];
  const at = Date.parse(oldestAgeAt);
  return [{ entity, signal: 'memory-used', at, value, samples: 1, observer: ownObserver }];
}
