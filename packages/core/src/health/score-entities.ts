import type { CompiledModel } from './compile-model.ts';
import type { HealthMemory } from './health-memory.ts';
import type { Threshold } from './signal-rule.ts';
import { knownState } from './signal-state.ts';
import { degraded, healthy, impactCodes, unknown } from './state-code.ts';

const perfect = 100;
const stateScores: Readonly<Record<number, number>> = { [healthy]: perfect, [unknown]: 50, [degraded]: 50 };
const criticalityWeights = { high: 4, medium: 2, low: 1 } as const;

/**
 * A number from 0 to 100 for every entity, for trends only: it shows a value that creeps towards its threshold before any state
 * changes. An entity has the least of its signals and of the children it feels in full; counted children are averaged; the workload
 * is the mean of its flows by criticality, but never better than its worst flow of high criticality.
 */
export function scoreEntities(model: CompiledModel, memory: HealthMemory): number[] {
  const scores: number[] = [];
  model.entities.forEach((entity, index) => {
    let score = perfect;
    const lastSignal = model.signalStart[index + 1] ?? 0;
    for (let signal = model.signalStart[index] ?? 0; signal < lastSignal; signal += 1) {
      score = Math.min(score, scoreSignal(model, memory, signal));
    }
    const lastGroup = model.groupStart[index + 1] ?? 0;
    for (let group = model.groupStart[index] ?? 0; group < lastGroup; group += 1) {
      score = Math.min(score, scoreGroup(model, group, scores));
    }
    if (entity.kind === 'workload') score = Math.min(score, scoreFlows(model, index, scores));
    scores.push(score);
  });
  return scores.map((score) => Math.round(score));
}

function scoreSignal(model: CompiledModel, memory: HealthMemory, signal: number): number {
  const { signals } = memory;
  const compiled = model.rules[signal];
  const shown = knownState(memory, signal);
  const { unhealthy, degraded: degradedAt } = compiled ?? {};
  const near = degradedAt ?? unhealthy;
  if (shown === unknown) return signals.felt[signal] === healthy ? perfect : 50;
  if (near == null) return stateScores[shown] ?? 0;
  // Two thirds where it becomes degraded, one third where it becomes unhealthy, and on along the same line.
  const step = stepBetween(near, degradedAt == null ? null : (unhealthy ?? null));
  const beyond = ((signals.value[signal] ?? 0) - near.enter) / step;
  return Math.min(perfect, Math.max(0, (perfect * (2 - beyond)) / 3));
}

/** How far it is from the first threshold to the second; where there is none, as far as it is from zero. */
function stepBetween(near: Threshold, far: Threshold | null): number {
  if (far !== null && far.enter !== near.enter) return far.enter - near.enter;
  const size = Math.abs(near.enter) || 1;
  return near.comparator === 'gte' || near.comparator === 'gt' ? size : -size;
}

function scoreGroup(model: CompiledModel, group: number, scores: readonly number[]): number {
  const felt: number[] = [];
  const lastEdge = model.edgeStart[group + 1] ?? 0;
  for (let edge = model.edgeStart[group] ?? 0; edge < lastEdge; edge += 1) {
    if (model.edgeImpact[edge] !== impactCodes.standard) continue;
    const child = model.edgeTo[edge] ?? -1;
    if (model.entities[child]?.kind === 'flow') continue;
    felt.push(scores[child] ?? perfect);
  }
  if (felt.length === 0) return perfect;
  const isCounted = model.groups[group]?.aggregation.type !== 'worstOf';
  return isCounted ? felt.reduce((sum, score) => sum + score, 0) / felt.length : Math.min(...felt);
}

function scoreFlows(model: CompiledModel, workload: number, scores: readonly number[]): number {
  let sum = 0;
  let weights = 0;
  let cap = perfect;
  const flows = model.entities[workload]?.groups.flatMap((group) => group.edges.map(({ to }) => to)) ?? [];
  for (const id of flows) {
    const index = model.indexOf.get(id) ?? -1;
    const flow = model.entities[index];
    if (flow?.kind !== 'flow') continue;
    const score = scores[index] ?? perfect;
    const weight = criticalityWeights[flow.criticality ?? 'medium'];
    sum += score * weight;
    weights += weight;
    if (flow.criticality === 'high') cap = Math.min(cap, score);
  }
  return weights === 0 ? perfect : Math.min(cap, sum / weights);
}
