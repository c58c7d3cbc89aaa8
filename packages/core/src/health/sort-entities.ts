import type { Entity } from './health-model.ts';

/** The targets that an entity feels something of. */
export function feltTargets(entity: Entity): string[] {
  return entity.groups.flatMap((group) =>
    group.edges.filter(({ impact }) => impact !== 'suppressed').map(({ to }) => to),
  );
}

/** Children before parents. `stuck` are those in a cycle, and those above one. */
export function sortEntities(entities: readonly Entity[]): { sorted: Entity[]; stuck: string[] } {
  const known = new Set(entities.map(({ id }) => id));
  const waiting = new Map<string, number>();
  const parents = new Map<string, Entity[]>();
  for (const entity of entities) {
    const targets = feltTargets(entity).filter((id) => known.has(id));
    waiting.set(entity.id, targets.length);
    for (const to of targets) {
      const list = parents.get(to);
      if (list === undefined) parents.set(to, [entity]);
      else list.push(entity);
    }
  }
  // Starts with those that wait for nobody; the list grows while it is walked.
  const sorted = entities.filter(({ id }) => waiting.get(id) === 0);
  for (const child of sorted) {
    for (const parent of parents.get(child.id) ?? []) {
      const left = (waiting.get(parent.id) ?? 0) - 1;
      waiting.set(parent.id, left);
      if (left === 0) sorted.push(parent);
    }
  }
  return { sorted, stuck: entities.filter(({ id }) => (waiting.get(id) ?? 0) > 0).map(({ id }) => id) };
}
