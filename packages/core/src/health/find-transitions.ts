import type { HealthTransition } from '@alwayson/protocol/health.ts';
import type { CompiledModel } from './compile-model.ts';
import { findCausePath } from './find-cause.ts';
import type { HealthMemory } from './health-memory.ts';
import { shownState } from './signal-state.ts';
import { healthy, toState, unknown } from './state-code.ts';

export interface EntityChange {
  index: number;
  from: number;
}

interface Changes {
  before: HealthMemory;
  memory: HealthMemory;
  changed: readonly EntityChange[];
}

/** Every change of an entity's state as an event. The path of one that became healthy leads to what was wrong before. */
export function findTransitions(
  model: CompiledModel,
  { before, memory, changed }: Changes,
): HealthTransition[] {
  if (changed.length === 0) return [];
  const at = new Date(memory.at).toISOString();
  const isSameModel = before.modelVersion === model.version;
  return changed.map(({ index, from }) => {
    const to = memory.entities.state[index] ?? unknown;
    const path = findCausePath(model, to === healthy && isSameModel ? before : memory, index);
    return {
      entity: model.ids[index] ?? '',
      from: toState(from),
      to: toState(to),
      at,
      causePath: path.map((step) => model.ids[step] ?? ''),
      signals: badSignals(model, memory, path.at(-1) ?? index),
      modelVersion: model.version,
    };
  });
}

function badSignals(model: CompiledModel, memory: HealthMemory, entity: number): HealthTransition['signals'] {
  const { signals } = memory;
  const found: HealthTransition['signals'] = [];
  const end = model.signalStart[entity + 1] ?? 0;
  for (let signal = model.signalStart[entity] ?? 0; signal < end; signal += 1) {
    const rule = model.rules[signal]?.rule;
    if (rule === undefined || signals.felt[signal] === healthy) continue;
    const isMeasured = rule.type === 'threshold' && (signals.knownAt[signal] ?? -1) >= 0;
    const reason = signals.reason[signal] ?? '';
    found.push({
      name: rule.name,
      state: toState(shownState(model, memory, signal)),
      value: isMeasured ? (signals.value[signal] ?? null) : null,
      unit: rule.type === 'threshold' ? rule.unit : null,
      ...(reason === '' ? {} : { reason }),
    });
  }
  return found;
}
