import type { EntityHealth, HealthReport, SignalHealth } from '@alwayson/protocol/health.ts';
import { type CompiledModel, compileModel } from './compile-model.ts';
import { createRootCauses, type RootCauses } from './find-cause.ts';
import { fromFlagBits } from './flag-bits.ts';
import type { HealthMemory } from './health-memory.ts';
import type { Entity, HealthModel } from './health-model.ts';
import { sayGroup, saySignal, thresholdOf } from './health-words.ts';
import { scoreEntities } from './score-entities.ts';
import { shownState } from './signal-state.ts';
import { healthy, toState, unknown } from './state-code.ts';

/** Everything as it was last evaluated. The memory must be of this model. */
export function describeHealth(model: HealthModel, memory: HealthMemory): HealthReport {
  const view = createView(model, memory);
  const root = view.model.entities.findLastIndex(({ kind }) => kind === 'workload');
  return {
    at: toTime(memory.at),
    modelVersion: model.version,
    state: toState(memory.entities.state[root] ?? unknown),
    blindObservers: memory.blind,
    // Laid out children first.
    entities: view.model.entities
      .map((entity, index) => ({ ...describeOne(view, index), children: childrenOf(entity) }))
      .toReversed(),
  };
}

/** One entity as it was last evaluated; undefined when the model has none of that id. */
export function describeEntity(
  model: HealthModel,
  memory: HealthMemory,
  id: string,
): EntityHealth | undefined {
  const view = createView(model, memory);
  const index = view.model.indexOf.get(id);
  return index === undefined ? undefined : describeOne(view, index);
}

/** A child that several groups count is one child. */
export function childrenOf(
  entity: Entity,
): { to: string; impact: HealthReport['entities'][number]['children'][number]['impact'] }[] {
  const edges = entity.groups.flatMap((group) => group.edges);
  return [...new Map(edges.map(({ to, impact }) => [to, { to, impact }])).values()];
}

interface View {
  model: CompiledModel;
  memory: HealthMemory;
  scores: readonly number[];
  rootCauses: RootCauses;
}

function createView(model: HealthModel, memory: HealthMemory): View {
  if (memory.modelVersion !== model.version) throw new Error('The memory is of another health model.');
  const compiled = compileModel(model);
  return {
    model: compiled,
    memory,
    scores: scoreEntities(compiled, memory),
    rootCauses: createRootCauses(compiled, memory),
  };
}

function describeOne({ model, memory, scores, rootCauses }: View, index: number): EntityHealth {
  const entity = model.entities[index] as Entity;
  const { entities } = memory;
  const state = toState(entities.state[index] ?? unknown);
  const sentences = sayWhy(model, memory, index);
  return {
    id: entity.id,
    kind: entity.kind,
    name: entity.name,
    state,
    ...(sentences.length === 0 ? {} : { reason: sentences.join('; ') }),
    since: toTime(entities.since[index] ?? memory.at),
    flags: fromFlagBits(entities.flags[index] ?? 0),
    partial: entities.partial[index] === 1,
    ...(entity.criticality === undefined ? {} : { criticality: entity.criticality }),
    rootCauses: rootCauses(index).map((cause) => model.ids[cause] ?? ''),
    signals: entity.signals.map((_, offset) =>
      describeSignal(model, memory, (model.signalStart[index] ?? 0) + offset),
    ),
    score: scores[index] ?? 0,
  };
}

/** Why an entity is not healthy, or only as far as is known; its own signals first. */
export function sayWhy(model: CompiledModel, memory: HealthMemory, index: number): string[] {
  const said: string[] = [];
  const lastSignal = model.signalStart[index + 1] ?? 0;
  for (let signal = model.signalStart[index] ?? 0; signal < lastSignal; signal += 1) {
    const sentence = saySignal(model, memory, signal);
    if (sentence !== undefined) said.push(sentence);
  }
  const lastGroup = model.groupStart[index + 1] ?? 0;
  for (let group = model.groupStart[index] ?? 0; group < lastGroup; group += 1) {
    const sentence = sayGroup(model, memory, group);
    if (sentence !== undefined) said.push(sentence);
  }
  const isUntold = said.length === 0 && memory.entities.state[index] !== healthy;
  return isUntold ? ['nothing has been told of it'] : said;
}

function describeSignal(model: CompiledModel, memory: HealthMemory, signal: number): SignalHealth {
  const { signals, at: now } = memory;
  const compiled = model.rules[signal];
  const rule = compiled?.rule;
  const knownAt = signals.knownAt[signal] ?? -1;
  const isMeasured = rule?.type === 'threshold' && knownAt >= 0;
  const reason = signals.reason[signal] ?? '';
  return {
    name: rule?.name ?? '',
    state: toState(shownState(model, memory, signal)),
    value: isMeasured ? (signals.value[signal] ?? null) : null,
    unit: rule?.type === 'threshold' ? rule.unit : null,
    threshold: compiled === undefined ? null : thresholdOf(compiled, signals.stable[signal] ?? unknown),
    ...(reason === '' ? {} : { reason }),
    at: knownAt < 0 ? null : toTime(knownAt),
    ageMs: knownAt < 0 ? null : now - knownAt,
  };
}

function toTime(ms: number): string {
  return new Date(Math.max(ms, 0)).toISOString();
}
