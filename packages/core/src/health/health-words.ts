import type { Comparator, HealthThreshold } from '@alwayson/protocol/health.ts';
import { aggregateGroup, countChildren, feltAt } from './aggregate-group.ts';
import type { CompiledModel, CompiledRule } from './compile-model.ts';
import type { HealthMemory } from './health-memory.ts';
import { knownState, shownState } from './signal-state.ts';
import { healthy, toState, unhealthy, unknown } from './state-code.ts';

/** A duration as people say it: 850 ms, 12 s, 5 min. */
export function sayDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

export function sayValue(value: number, unit: string): string {
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(3))} %`;
  return unit === '' ? `${value}` : `${Number(value.toPrecision(4))} ${unit}`;
}

const reached: Readonly<Record<Comparator, string>> = {
  gte: 'at or above',
  gt: 'above',
  lte: 'at or below',
  lt: 'below',
};
export const left: Readonly<Record<Comparator, string>> = {
  gte: 'fall below',
  gt: 'fall to or below',
  lte: 'rise above',
  lt: 'rise to or above',
};

/** The boundary that a measured signal has crossed; while it is healthy, the next one. */
export function thresholdOf(compiled: CompiledRule, stable: number): HealthThreshold | null {
  const isSevere = compiled.degraded === null || (stable === unhealthy && compiled.unhealthy !== null);
  const threshold = isSevere ? compiled.unhealthy : compiled.degraded;
  return threshold === null ? null : { state: isSevere ? 'unhealthy' : 'degraded', ...threshold };
}

/** Why a signal is not healthy; nothing when it is, or when its entity does not mind. */
export function saySignal(model: CompiledModel, memory: HealthMemory, signal: number): string | undefined {
  const { signals, at: now } = memory;
  const compiled = model.rules[signal];
  if (compiled === undefined || signals.felt[signal] === healthy) return undefined;
  const { name } = compiled.rule;
  const shown = shownState(model, memory, signal);
  const knownAt = signals.knownAt[signal] ?? -1;
  if (shown === unknown) {
    if (knownAt < 0) return `${name} has never been told`;
    if (signals.sampledAt[signal] === knownAt && now - knownAt <= compiled.ttlMs) {
      return `${name} is not confirmed yet`;
    }
    const why = (signals.sampledAt[signal] ?? -1) > knownAt ? 'tells nothing' : 'is not told any more';
    return `${name} ${why}, last ${sayDuration(now - knownAt)} ago`;
  }
  const isHeld = knownState(memory, signal) !== shown;
  const held = isHeld ? `, held ${toState(shown)} while it flaps` : '';
  const threshold = thresholdOf(compiled, signals.stable[signal] ?? unknown);
  const { rule } = compiled;
  const reason = signals.reason[signal] ?? '';
  if (rule.type === 'state' || threshold === null) {
    return `${name} is ${toState(knownState(memory, signal))}${reason === '' ? '' : `: ${reason}`}${held}`;
  }
  const value = sayValue(signals.value[signal] ?? 0, rule.unit);
  const limit = `${reached[threshold.comparator]} ${sayValue(threshold.enter, rule.unit)}`;
  return `${name} is ${value}, ${threshold.state} ${limit}${held}`;
}

/** What an entity feels of a group, in words; nothing when that is healthy. */
export function sayGroup(model: CompiledModel, memory: HealthMemory, group: number): string | undefined {
  const { entities } = memory;
  const aggregation = model.groups[group]?.aggregation;
  const feltNow = aggregateGroup(model, group, entities);
  if (aggregation === undefined || feltNow === healthy) return undefined;
  if (aggregation.type !== 'worstOf') {
    const { serving, total, healthy: well, unknown: unsure } = countChildren(model, group, entities);
    const unsureToo = unsure === 0 ? '' : `, ${unsure} unknown`;
    const impaired = serving > well ? `, ${serving - well} of them degraded` : '';
    return `${serving} of ${total} ${model.groups[group]?.name ?? ''} serve${impaired}${unsureToo}`;
  }
  const culprits = edgesOf(model, group).filter((edge) => feltAt(model, edge, entities) === feltNow);
  return culprits
    .map((edge) => {
      const child = model.edgeTo[edge] ?? -1;
      return `${model.ids[child] ?? ''} is ${toState(entities.state[child] ?? unknown)}`;
    })
    .join(', ');
}

/** The edges of a group, by index. */
export function edgesOf(model: CompiledModel, group: number): number[] {
  const first = model.edgeStart[group] ?? 0;
  return Array.from({ length: (model.edgeStart[group + 1] ?? 0) - first }, (_, offset) => first + offset);
}
