import type { CompiledModel } from './compile-model.ts';
import type { Aggregation, Counted } from './health-model.ts';
import { absentFlags, excusedFlags } from './flag-bits.ts';
import { degraded, felt, healthy, unhealthy, unknown } from './state-code.ts';

/** What is known of all entities, by index. */
export interface Children {
  state: readonly number[];
  flags: readonly number[];
}

/** What an entity feels of one of its groups. */
export function aggregateGroup(model: CompiledModel, group: number, children: Children): number {
  const aggregation = model.groups[group]?.aggregation;
  return aggregation === undefined || aggregation.type === 'worstOf'
    ? worstFelt(model, group, children)
    : judgeCount(aggregation, countChildren(model, group, children));
}

/** What is felt of the child at an edge; null when it is not judged: in maintenance, or drained. */
export function feltAt(model: CompiledModel, edge: number, { state, flags }: Children): number | null {
  const child = model.edgeTo[edge] ?? -1;
  if (child < 0 || ((flags[child] ?? 0) & excusedFlags) !== 0) return null;
  return felt[(model.edgeImpact[edge] ?? 0) * 4 + (state[child] ?? unknown)] ?? unknown;
}

function worstFelt(model: CompiledModel, group: number, children: Children): number {
  const end = model.edgeStart[group + 1] ?? 0;
  let worst: number = healthy;
  for (let edge = model.edgeStart[group] ?? 0; edge < end; edge += 1) {
    const code = feltAt(model, edge, children);
    if (code !== null && code > worst) worst = code;
  }
  return worst;
}

export interface ChildCount {
  healthy: number;
  /** Healthy or degraded. */
  serving: number;
  unknown: number;
  total: number;
}

/** Who is absent on purpose is known, and capacity that is lost. */
export function countChildren(model: CompiledModel, group: number, children: Children): ChildCount {
  const count = { healthy: 0, serving: 0, unknown: 0, total: 0 };
  const end = model.edgeStart[group + 1] ?? 0;
  for (let edge = model.edgeStart[group] ?? 0; edge < end; edge += 1) {
    const child = model.edgeTo[edge] ?? -1;
    if (child < 0) continue;
    count.total += 1;
    if (((children.flags[child] ?? 0) & absentFlags) !== 0) continue;
    const code = felt[(model.edgeImpact[edge] ?? 0) * 4 + (children.state[child] ?? unknown)] ?? unknown;
    if (code === unknown) count.unknown += 1;
    else if (code === degraded) count.serving += 1;
    else if (code === healthy) {
      count.healthy += 1;
      count.serving += 1;
    }
  }
  return count;
}

type Counting = Exclude<Aggregation, { type: 'worstOf' }>;

/** Unknown children are neither there nor lacking. When most are unknown, the group is. */
function judgeCount(aggregation: Counting, count: ChildCount): number {
  const known = count.total - count.unknown;
  if (count.total === 0 || known * 2 < count.total) return unknown;
  const {
    unit,
    degradedAt,
    unhealthyAt,
    degradedCounts = 'serving',
    unhealthyCounts = 'serving',
  } = aggregation;
  const scale = unit === 'percent' ? 100 / known : 1;
  // A number of instances has no denominator to leave: there the unknown ones may degrade, not break.
  const benefit = unit === 'count' ? count.unknown : 0;
  const isAt = (threshold: number, counted: Counted, spare: number) => {
    const present = count[counted];
    return aggregation.type === 'minServing'
      ? (present + spare) * scale <= threshold
      : (known - present) * scale >= threshold;
  };
  if (isAt(unhealthyAt, unhealthyCounts, benefit)) return unhealthy;
  return degradedAt !== undefined && isAt(degradedAt, degradedCounts, 0) ? degraded : healthy;
}
