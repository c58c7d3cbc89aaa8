import { aggregateGroup, feltAt } from './aggregate-group.ts';
import type { CompiledModel } from './compile-model.ts';
import type { HealthMemory } from './health-memory.ts';
import { healthy, unknown } from './state-code.ts';

/** An entity below that its parent feels, or that explains one of its signals. */
interface Suspect {
  index: number;
  felt: number;
}

const causesMax = 20;

/** From an entity down to the worst of its root causes; only the entity itself when it is healthy, or bad by itself. */
export function findCausePath(model: CompiledModel, memory: HealthMemory, entity: number): number[] {
  const path = [entity];
  if (memory.entities.state[entity] === healthy) return path;
  for (let next = worstSuspect(model, memory, entity); next !== null; ) {
    if (path.includes(next.index)) break;
    path.push(next.index);
    next = worstSuspect(model, memory, next.index);
  }
  return path;
}

/** Where to look next; null when the entity's own signals account for its state. */
function worstSuspect(model: CompiledModel, memory: HealthMemory, entity: number): Suspect | null {
  const { own, suspects, explaining } = suspectsOf(model, memory, entity);
  const worst = [...suspects, ...explaining].reduce<Suspect | null>(
    (found, suspect) => (found === null || suspect.felt > found.felt ? suspect : found),
    null,
  );
  return worst !== null && worst.felt >= own ? worst : null;
}

interface Suspects {
  /** The worst of its own signals that nothing explains. */
  own: number;
  suspects: Suspect[];
  explaining: Suspect[];
}

function suspectsOf(model: CompiledModel, memory: HealthMemory, entity: number): Suspects {
  const suspects: Suspect[] = [];
  const lastGroup = model.groupStart[entity + 1] ?? 0;
  for (let group = model.groupStart[entity] ?? 0; group < lastGroup; group += 1) {
    const groupFelt = aggregateGroup(model, group, memory.entities);
    if (groupFelt === healthy) continue;
    const isCounted = model.groups[group]?.aggregation.type !== 'worstOf';
    const lastEdge = model.edgeStart[group + 1] ?? 0;
    for (let edge = model.edgeStart[group] ?? 0; edge < lastEdge; edge += 1) {
      const felt = feltAt(model, edge, memory.entities) ?? healthy;
      if (felt === healthy) continue;
      // Of a counted group nobody feels a single child, but the count.
      suspects.push({ index: model.edgeTo[edge] ?? -1, felt: isCounted ? Math.min(felt, groupFelt) : felt });
    }
  }
  return { suspects, ...explainSignals(model, memory, entity) };
}

/** A signal is a symptom while the entity that explains it is bad itself. */
function explainSignals(
  model: CompiledModel,
  memory: HealthMemory,
  entity: number,
): Omit<Suspects, 'suspects'> {
  const explaining: Suspect[] = [];
  let own: number = healthy;
  const end = model.signalStart[entity + 1] ?? 0;
  for (let signal = model.signalStart[entity] ?? 0; signal < end; signal += 1) {
    const felt = memory.signals.felt[signal] ?? unknown;
    if (felt === healthy) continue;
    const named = model.indexOf.get(memory.signals.cause[signal] ?? '');
    const index = named ?? model.rules[signal]?.explainedBy ?? -1;
    const isExplained =
      index >= 0 && index !== entity && (memory.entities.state[index] ?? healthy) !== healthy;
    if (isExplained) explaining.push({ index, felt });
    else own = Math.max(own, felt);
  }
  return { own, explaining };
}

export type RootCauses = (entity: number) => readonly number[];

/** Finds the deepest entities that are bad by their own signals, worst first, at most 20. What was found once is kept. */
export function createRootCauses(model: CompiledModel, memory: HealthMemory): RootCauses {
  const { state, own: ownState } = memory.entities;
  const found = new Map<number, readonly number[]>();
  const find = (entity: number): readonly number[] => {
    if (state[entity] === healthy) return [];
    const known = found.get(entity);
    if (known !== undefined) return known;
    // Two entities may explain each other's signals: the second visit ends there.
    found.set(entity, []);
    const { own, suspects, explaining } = suspectsOf(model, memory, entity);
    const below = new Set([...suspects, ...explaining].flatMap(({ index }) => find(index)));
    const worstBelow = suspects.reduce((worst, { felt }) => Math.max(worst, felt), healthy as number);
    if (below.size === 0 || own > worstBelow) below.add(entity);
    const causes = [...below]
      .sort((a, b) => (ownState[b] ?? 0) - (ownState[a] ?? 0) || a - b)
      .slice(0, causesMax);
    found.set(entity, causes);
    return causes;
  };
  return find;
}
