import type { Entity, Group, HealthModel } from './health-model.ts';
import {
  type Debounce,
  debounceOf,
  exitOf,
  intervalOf,
  type SignalRule,
  type Threshold,
  ttlOf,
} from './signal-rule.ts';
import { sortEntities } from './sort-entities.ts';
import { degraded, impactCodes, unhealthy } from './state-code.ts';

/** A rule with every default filled in. */
export interface CompiledRule {
  rule: SignalRule;
  isLiveness: boolean;
  isOptional: boolean;
  /** Greatest state code that the signal may say. */
  worst: number;
  unhealthy: Required<Threshold> | null;
  degraded: Required<Threshold> | null;
  samplesMin: number;
  debounce: Debounce;
  /** Results in a row beyond which no more are counted: they decide nothing. */
  fallMax: number;
  intervalMs: number;
  ttlMs: number;
  explainedBy: number;
}

/**
 * A model laid out for evaluation: entities in an order in which children come before parents, and lists of lists as ranges:
 * the groups of entity `e` are `groupStart[e]` to `groupStart[e + 1]`, and so on. An index of -1 is none.
 */
export interface CompiledModel {
  version: string;
  entities: readonly Entity[];
  ids: readonly string[];
  indexOf: ReadonlyMap<string, number>;
  partOf: Int32Array;
  /** Flows and the workload are healthy as far as is known; everything else is not healthy until all is known. */
  toleratesUnknown: Uint8Array;
  groupStart: Int32Array;
  groups: readonly Group[];
  edgeStart: Int32Array;
  edgeTo: Int32Array;
  edgeImpact: Uint8Array;
  signalStart: Int32Array;
  signalEntity: Int32Array;
  signalKeys: readonly string[];
  signalOf: ReadonlyMap<string, number>;
  rules: readonly CompiledRule[];
  /** No flag for any entity. */
  noFlags: number[];
}

const compiled = new WeakMap<HealthModel, CompiledModel>();

/** The compiled form of a model; made once for each model. Throws when the model has a cycle. */
export function compileModel(model: HealthModel): CompiledModel {
  const known = compiled.get(model);
  if (known !== undefined) return known;
  const made = layOut(model);
  compiled.set(model, made);
  return made;
}

function layOut(model: HealthModel): CompiledModel {
  const { sorted: entities, stuck } = sortEntities(model.entities);
  if (stuck.length > 0) throw new Error(`The health model has a cycle through ${stuck.join(', ')}.`);
  const ids = entities.map(({ id }) => id);
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const indexOrNone = (id: string | undefined) => (id === undefined ? -1 : (indexOf.get(id) ?? -1));
  const groups = entities.flatMap((entity) => entity.groups);
  const edges = groups.flatMap((group) => group.edges);
  const owned = entities.flatMap((entity) => entity.signals.map((rule) => ({ entity, rule })));
  const signalKeys = owned.map(({ entity, rule }) => `${entity.id} ${rule.name}`);
  return {
    version: model.version,
    entities,
    ids,
    indexOf,
    partOf: Int32Array.from(entities, ({ partOf }) => indexOrNone(partOf)),
    toleratesUnknown: Uint8Array.from(entities, ({ kind }) =>
      kind === 'flow' || kind === 'workload' ? 1 : 0,
    ),
    groupStart: toStarts(entities.map((entity) => entity.groups.length)),
    groups,
    edgeStart: toStarts(groups.map((group) => group.edges.length)),
    edgeTo: Int32Array.from(edges, ({ to }) => indexOrNone(to)),
    edgeImpact: Uint8Array.from(edges, ({ impact }) => impactCodes[impact]),
    signalStart: toStarts(entities.map((entity) => entity.signals.length)),
    signalEntity: Int32Array.from(owned, ({ entity }) => indexOrNone(entity.id)),
    signalKeys,
    signalOf: new Map(signalKeys.map((key, signal) => [key, signal])),
    rules: owned.map(({ rule }) => compileRule(rule, indexOrNone(rule.explainedBy))),
    noFlags: ids.map(() => 0),
  };
}

function toStarts(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => {
    starts[index + 1] = (starts[index] ?? 0) + length;
  });
  return starts;
}

function compileRule(rule: SignalRule, explainedBy: number): CompiledRule {
  const fill = (threshold: Threshold | undefined): Required<Threshold> | null =>
    threshold === undefined || rule.type === 'state'
      ? null
      : { ...threshold, exit: exitOf(threshold, rule.range) };
  const debounce = debounceOf(rule);
  return {
    rule,
    isLiveness: rule.class === 'liveness',
    isOptional: rule.optional ?? false,
    worst: rule.worst === 'degraded' ? degraded : unhealthy,
    unhealthy: rule.type === 'threshold' ? fill(rule.unhealthy) : null,
    degraded: rule.type === 'threshold' ? fill(rule.degraded) : null,
    samplesMin: rule.type === 'threshold' ? (rule.samplesMin ?? 0) : 0,
    debounce,
    fallMax: Math.max(debounce.fall, debounce.fallHard),
    intervalMs: intervalOf(rule),
    ttlMs: ttlOf(rule),
    explainedBy,
  };
}
