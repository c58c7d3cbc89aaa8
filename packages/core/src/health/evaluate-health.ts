import type { HealthFlag, HealthTransition } from '@alwayson/protocol/health.ts';
import { aggregateGroup, feltAt } from './aggregate-group.ts';
import { type CompiledModel, compileModel } from './compile-model.ts';
import { absentFlags, flappingFlag, toFlagBits } from './flag-bits.ts';
import { type EntityChange, findTransitions } from './find-transitions.ts';
import { fitMemory, type HealthMemory } from './health-memory.ts';
import type { HealthModel } from './health-model.ts';
import type { HealthSample } from './health-sample.ts';
import { judgeSignals } from './judge-signals.ts';
import { knownState } from './signal-state.ts';
import { healthy, impactCodes, unknown } from './state-code.ts';

export interface HealthInput {
  /** Results since the last evaluation; those that were given before do no harm. */
  samples: readonly HealthSample[];
  /** What operators and operations say of entities now. Holds also for everything that is part of them. */
  flags?: Readonly<Record<string, readonly GivenFlag[]>>;
  now: number;
}

export type GivenFlag = Exclude<HealthFlag, 'flapping'>;

export interface HealthEvaluation {
  /** To be given to the next evaluation, and to `describe-health.ts` for everything that is shown. */
  memory: HealthMemory;
  /** Changes of state since the memory that was given, children before parents. */
  transitions: HealthTransition[];
  /** `<entity> <signal>` of samples that the model has no place for, at most 20: a mistake of whoever feeds it. */
  unmatched: string[];
}

/** A pause of evaluation longer than this is sleep: what did not arrive then is not late. */
const sleepMs = 5000;

/** One evaluation of everything: signals first, then entities from the leaves to the workload. Changes nothing that it is given. */
export function evaluateHealth(
  model: HealthModel,
  before: HealthMemory,
  input: HealthInput,
): HealthEvaluation {
  const { now } = input;
  const compiled = compileModel(model);
  const memory = fitMemory(before, compiled, now);
  memory.awakeSince = before.at < 0 || now - before.at > sleepMs ? now : before.awakeSince;
  memory.at = now;
  const unmatched = judgeSignals(compiled, memory, input.samples);
  memory.entities.flags = toFlags(compiled, input.flags, memory.flaps);
  const changed = judgeEntities(compiled, memory);
  return { memory, transitions: findTransitions(compiled, { before, memory, changed }), unmatched };
}

function toFlags(model: CompiledModel, given: HealthInput['flags'], flaps: HealthMemory['flaps']): number[] {
  const flapping = Object.entries(flaps).filter(([, { held }]) => held !== healthy);
  const named = Object.entries(given ?? {});
  if (named.length === 0 && flapping.length === 0) return model.noFlags;
  const flags = inheritFlags(model, named);
  for (const [key] of flapping) {
    const index = model.indexOf.get(key.slice(0, key.indexOf(' ')));
    if (index !== undefined) flags[index] = (flags[index] ?? 0) | flappingFlag;
  }
  return flags;
}

/** What stands in something absent is absent too. */
function inheritFlags(
  { indexOf, partOf, noFlags }: CompiledModel,
  named: readonly [string, readonly GivenFlag[]][],
): number[] {
  const bits = noFlags.slice();
  for (const [id, flags] of named) {
    const index = indexOf.get(id);
    if (index !== undefined) bits[index] = toFlagBits(flags);
  }
  return bits.map((own, index) => {
    let inherited = own;
    for (let holder = partOf[index] ?? -1; holder >= 0; holder = partOf[holder] ?? -1) {
      inherited |= (bits[holder] ?? 0) & absentFlags;
    }
    return inherited;
  });
}

/** Changes the entities of `memory`, column by column where something is new. */
function judgeEntities(model: CompiledModel, memory: HealthMemory): EntityChange[] {
  const { entities } = memory;
  const before = { ...entities };
  const changed: EntityChange[] = [];
  for (let index = 0; index < model.ids.length; index += 1) {
    const signals = judgeOwn(model, index, memory);
    const own = signals & worstMask;
    const lastGroup = model.groupStart[index + 1] ?? 0;
    const firstGroup = model.groupStart[index] ?? 0;
    // Nothing bad and nothing known is not healthy.
    const isUntold = own === healthy && (signals & someKnown) === 0 && firstGroup === lastGroup;
    let worst: number = isUntold ? unknown : own;
    for (let group = firstGroup; group < lastGroup; group += 1) {
      const felt = aggregateGroup(model, group, entities);
      if (felt > worst) worst = felt;
    }
    const isTolerated = model.toleratesUnknown[index] === 1;
    const next = isTolerated && worst === unknown && hasHealthyCore(model, index, entities) ? healthy : worst;
    const isPartial = isTolerated && next === healthy && (worst === unknown || (signals & someUnknown) !== 0);
    if (entities.partial[index] !== Number(isPartial))
      write(before, entities, { name: 'partial', index, value: Number(isPartial) });
    if (entities.own[index] !== own) write(before, entities, { name: 'own', index, value: own });
    const from = entities.state[index] ?? unknown;
    if (next === from) continue;
    changed.push({ index, from });
    write(before, entities, { name: 'state', index, value: next });
    write(before, entities, { name: 'since', index, value: memory.at });
  }
  return changed;
}

/** Columns of the evaluation before are not ours to change. */
function write(
  before: HealthMemory['entities'],
  entities: HealthMemory['entities'],
  { name, index, value }: { name: keyof HealthMemory['entities']; index: number; value: number },
): void {
  if (entities[name] === before[name]) entities[name] = before[name].slice();
  entities[name][index] = value;
}

/** An entity's own signals in one number: the worst of them, and whether any is known, or is not. */
const worstMask = 3;
const someKnown = 4;
const someUnknown = 8;

function judgeOwn(model: CompiledModel, index: number, memory: HealthMemory): number {
  const { felt } = memory.signals;
  let worst: number = healthy;
  let known = 0;
  const end = model.signalStart[index + 1] ?? 0;
  for (let signal = model.signalStart[index] ?? 0; signal < end; signal += 1) {
    const code = felt[signal] ?? unknown;
    if (code > worst) worst = code;
    known |= knownState(memory, signal) === unknown ? someUnknown : someKnown;
  }
  return worst | known;
}

/** Whether every child that the entity cannot do without is known to be healthy, and there is one. */
function hasHealthyCore(model: CompiledModel, index: number, children: HealthMemory['entities']): boolean {
  const lastGroup = model.groupStart[index + 1] ?? 0;
  let found = false;
  for (let group = model.groupStart[index] ?? 0; group < lastGroup; group += 1) {
    const isCounted = model.groups[group]?.aggregation.type !== 'worstOf';
    if (isCounted) {
      if (aggregateGroup(model, group, children) !== healthy) return false;
      found = true;
      continue;
    }
    const lastEdge = model.edgeStart[group + 1] ?? 0;
    for (let edge = model.edgeStart[group] ?? 0; edge < lastEdge; edge += 1) {
      if (model.edgeImpact[edge] !== impactCodes.standard) continue;
      const code = feltAt(model, edge, children);
      if (code === null) continue;
      if (code !== healthy) return false;
      found = true;
    }
  }
  return found;
}
