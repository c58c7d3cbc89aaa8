import { findRuleFaults } from './find-rule-faults.ts';
import type { Entity, Group, HealthModel } from './health-model.ts';
import { feltTargets, sortEntities } from './sort-entities.ts';

/** What is wrong with a model, in sentences. Empty: it can be evaluated, and nothing in it goes unseen. */
export function findModelFaults(model: HealthModel): string[] {
  const ids = new Set(model.entities.map(({ id }) => id));
  return [
    ...findDuplicates(model.entities.map(({ id }) => id)).map((id) => `${id} is there twice.`),
    ...model.entities.flatMap((entity) => findEntityFaults(entity, ids)),
    ...findUnreached(model),
    ...findCycle(model),
  ];
}

function findEntityFaults(entity: Entity, ids: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  if (entity.signals.length === 0 && feltTargets(entity).length === 0) {
    faults.push('it has neither a signal nor a child: it would be unknown for ever.');
  }
  for (const name of findDuplicates(entity.signals.map((rule) => rule.name))) {
    faults.push(`signal ${name} is there twice.`);
  }
  const named = [
    ...entity.groups.flatMap((group) => group.edges.map(({ to }) => to)),
    ...entity.signals.flatMap(({ explainedBy }) => explainedBy ?? []),
    ...(entity.partOf === undefined ? [] : [entity.partOf]),
  ];
  for (const id of named) if (!ids.has(id)) faults.push(`it names ${id}, which is not in the model.`);
  faults.push(...entity.groups.flatMap(findGroupFaults), ...entity.signals.flatMap(findRuleFaults));
  return faults.map((fault) => `${entity.id}: ${fault}`);
}

function findGroupFaults({ name, aggregation }: Group): string[] {
  if (aggregation.type === 'worstOf') return [];
  const { unit, degradedAt, unhealthyAt } = aggregation;
  const thresholds = degradedAt === undefined ? [unhealthyAt] : [degradedAt, unhealthyAt];
  if (thresholds.some((value) => value < 0 || (unit === 'percent' && value > 100))) {
    return [`group ${name}: a threshold is out of range.`];
  }
  if (degradedAt === undefined) return [];
  const isReached = aggregation.type === 'minServing' ? degradedAt > unhealthyAt : degradedAt < unhealthyAt;
  const countsDiffer = aggregation.degradedCounts !== aggregation.unhealthyCounts;
  return isReached || countsDiffer ? [] : [`group ${name}: degraded can never be reached before unhealthy.`];
}

/** An entity that no unsuppressed path leads to from the root is one that nobody hears of. */
function findUnreached({ entities }: HealthModel): string[] {
  const byId = new Map(entities.map((entity) => [entity.id, entity]));
  const reached = new Set(entities.filter(({ kind }) => kind === 'workload').map(({ id }) => id));
  for (const id of reached) {
    const entity = byId.get(id);
    if (entity !== undefined) for (const to of feltTargets(entity)) reached.add(to);
  }
  return entities.filter(({ id }) => !reached.has(id)).map(({ id }) => `${id} does not reach the workload.`);
}

function findCycle({ entities }: HealthModel): string[] {
  const { stuck } = sortEntities(entities);
  return stuck.length === 0 ? [] : [`There is a cycle through ${stuck.join(', ')}.`];
}

function findDuplicates(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}
