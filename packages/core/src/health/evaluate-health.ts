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
  memory.entities.flags = toFlags(compiled, input.flags);
  for (const [key, { held }] of Object.entries(memory.flaps)) {
    if (held !== healthy) markFlapping(compiled, memory.entities, key);
  }
  const changed = judgeEntities(compiled, memory);
  return { memory, transitions: findTransitions(compiled, { before, memory, changed }), unmatched };
}

function toFlags({ ids, indexOf, partOf }: CompiledModel, given: HealthInput['flags']): number[] {
  const bits = ids.map(() => 0);
  if (given === undefined) return bits;
  for (const [id, flags] of Object.entries(given)) {
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

function markFlapping(
  { indexOf }: CompiledModel,
  { flags }: HealthMemory['entities'],
  signalKey: string,
): void {
  const index = indexOf.get(signalKey.slice(0, signalKey.indexOf(' ')));
  if (index !== undefined) flags[index] = (flags[index] ?? 0) | flappingFlag;
}

/** Changes the entities of `memory`. */
function judgeEntities(model: CompiledModel, memory: HealthMemory): EntityChange[] {
  const { state, since, own, partial } = memory.entities;
  const changed: EntityChange[] = [];
  for (let index = 0; index < model.ids.length; index += 1) {
    const signals = judgeOwn(model, index, memory);
    const lastGroup = model.groupStart[index + 1] ?? 0;
    const firstGroup = model.groupStart[index] ?? 0;
    let worst = signals.worst;
    // Nothing bad and nothing known is not healthy.
    if (worst === healthy && !signals.isAnyKnown && firstGroup === lastGroup) worst = unknown;
    for (let group = firstGroup; group < lastGroup; group += 1) {
      worst = Math.max(worst, aggregateGroup(model, group, memory.entities));
    }
    const isTolerated = model.toleratesUnknown[index] === 1;
    const next =
      isTolerated && worst === unknown && hasHealthyCore(model, index, memory.entities) ? healthy : worst;
    partial[index] = isTolerated && next === healthy && (worst === unknown || !signals.isAllKnown) ? 1 : 0;
    own[index] = signals.worst;
    const from = state[index] ?? unknown;
    if (next === from) continue;
    changed.push({ index, from });
    state[index] = next;
    since[index] = memory.at;
  }
  return changed;
}

interface OwnSignals {
  worst: number;
  isAnyKnown: boolean;
  isAllKnown: boolean;
}

function judgeOwn(model: CompiledModel, index: number, memory: HealthMemory): OwnSignals {
  const { felt } = memory.signals;
  const own: OwnSignals = { worst: healthy, isAnyKnown: false, isAllKnown: true };
  const end = model.signalStart[index + 1] ?? 0;
  for (let signal = model.signalStart[index] ?? 0; signal < end; signal += 1) {
    own.worst = Math.max(own.worst, felt[signal] ?? unknown);
    if (knownState(memory, signal) === unknown) own.isAllKnown = false;
    else own.isAnyKnown = true;
  }
  return own;
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
