import type { HealthExplanation } from '@alwayson/protocol/health.ts';
import { aggregateGroup, feltAt } from './aggregate-group.ts';
import { type CompiledModel, type CompiledRule, compileModel } from './compile-model.ts';
import { childrenOf, describeEntity, sayWhy } from './describe-health.ts';
import { findCausePath } from './find-cause.ts';
import type { HealthMemory } from './health-memory.ts';
import type { CountThresholds, HealthModel } from './health-model.ts';
import { edgesOf, left, sayDuration, sayValue, thresholdOf } from './health-words.ts';
import { flapQuietMs } from './flapping.ts';
import { heldState, knownState } from './signal-state.ts';
import { healthy, toState, unknown } from './state-code.ts';

/** Why an entity is in its state, since when, and what would clear it. Undefined when the model has none of that id. */
export function explainEntity(
  model: HealthModel,
  memory: HealthMemory,
  id: string,
): HealthExplanation | undefined {
  const entity = describeEntity(model, memory, id);
  if (entity === undefined) return undefined;
  const compiled = compileModel(model);
  const index = compiled.indexOf.get(id) ?? -1;
  const summarize = (at: number) => {
    const why = sayWhy(compiled, memory, at).join('; ');
    const state = toState(memory.entities.state[at] ?? unknown);
    return { state, ...(why === '' ? {} : { reason: why }) };
  };
  const children = compiled.entities[index];
  return {
    at: new Date(memory.at).toISOString(),
    modelVersion: model.version,
    entity,
    children: (children === undefined ? [] : childrenOf(children)).map((edge) => {
      return { ...edge, ...summarize(compiled.indexOf.get(edge.to) ?? -1) };
    }),
    causePath: findCausePath(compiled, memory, index).map((step) => {
      return { id: compiled.ids[step] ?? '', ...summarize(step) };
    }),
    because: sayWhy(compiled, memory, index),
    clears: [...sayCleared(compiled, memory, index)],
  };
}

function* sayCleared(model: CompiledModel, memory: HealthMemory, index: number): Generator<string> {
  const lastSignal = model.signalStart[index + 1] ?? 0;
  for (let signal = model.signalStart[index] ?? 0; signal < lastSignal; signal += 1) {
    if (memory.signals.felt[signal] !== healthy) yield saySignalCleared(model, memory, signal);
  }
  const lastGroup = model.groupStart[index + 1] ?? 0;
  for (let group = model.groupStart[index] ?? 0; group < lastGroup; group += 1) {
    yield* sayGroupCleared(model, memory, group);
  }
}

function saySignalCleared(model: CompiledModel, memory: HealthMemory, signal: number): string {
  const { signals, flaps, at: now } = memory;
  const compiled = model.rules[signal] as CompiledRule;
  const { rule, debounce } = compiled;
  if (heldState(model, memory, signal) !== healthy) {
    const lastFlip = flaps[model.signalKeys[signal] ?? '']?.at[0] ?? now;
    return `${rule.name} flaps: it must not change for ${sayDuration(flapQuietMs - (now - lastFlip))} more.`;
  }
  const state = knownState(memory, signal);
  if (state === unknown) return `${rule.name} must be told again.`;
  const goodRun = Math.max(0, -(signals.badRun[signal] ?? 0));
  const needed = Math.max(1, debounce.rise - goodRun);
  const more = goodRun > 0 ? 'more ' : '';
  const results = needed === 1 ? `1 ${more}good result` : `${needed} ${more}good results in a row`;
  const dwellMs = debounce.dwellMs - (now - (signals.stableSince[signal] ?? now));
  const wait = dwellMs > 0 ? ` and ${sayDuration(dwellMs)} more` : '';
  const threshold = thresholdOf(compiled, state);
  if (rule.type === 'state' || threshold === null) return `${rule.name} needs ${results}${wait}.`;
  const limit = `${left[threshold.comparator]} ${sayValue(threshold.exit, rule.unit)}`;
  return `${rule.name} must ${limit}: needs ${results}${wait}.`;
}

function* sayGroupCleared(model: CompiledModel, memory: HealthMemory, group: number): Generator<string> {
  const { name = '', aggregation } = model.groups[group] ?? {};
  if (aggregation === undefined || aggregateGroup(model, group, memory.entities) === healthy) return;
  const bad = edgesOf(model, group).filter(
    (edge) => (feltAt(model, edge, memory.entities) ?? healthy) !== healthy,
  );
  if (aggregation.type === 'worstOf') {
    for (const edge of bad) yield `${model.ids[model.edgeTo[edge] ?? -1] ?? ''} must become healthy.`;
    return;
  }
  yield sayCountCleared(name, aggregation.type === 'minServing', aggregation);
}

function sayCountCleared(
  name: string,
  isMinimum: boolean,
  { unit, degradedAt, unhealthyAt, degradedCounts, unhealthyCounts }: CountThresholds,
): string {
  const threshold = degradedAt ?? unhealthyAt;
  const counted = (degradedAt === undefined ? unhealthyCounts : degradedCounts) ?? 'serving';
  const amount = unit === 'percent' ? `${threshold} % of the ${name}` : `${threshold} ${name}`;
  const verb = counted === 'healthy' ? 'be healthy' : 'serve';
  if (!isMinimum) return `Fewer than ${amount} may fail to ${verb}.`;
  return unit === 'percent'
    ? `More than ${amount} must ${verb}.`
    : `At least ${threshold + 1} ${name} must ${verb}.`;
}
