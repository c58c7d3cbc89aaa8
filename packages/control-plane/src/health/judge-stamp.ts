import { compileModel } from '@alwayson/core/health/compile-model.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthMemory } from '@alwayson/core/health/health-memory.ts';
import type { HealthModel } from '@alwayson/core/health/health-model.ts';
import { knownState } from '@alwayson/core/health/signal-state.ts';
import { toState, unknown } from '@alwayson/core/health/state-code.ts';
import type { State } from '@alwayson/protocol/words.ts';

export interface StampVerdict {
  state: State;
  reason: string;
}

/**
 * The model's word on a stamp from signals that are its own; null when none is known. What others share is not its own, nor what
 * is a symptom of something else, nor the comparison with its siblings: that is made by whoever asks.
 */
export function judgeStamp(model: HealthModel, memory: HealthMemory, stamp: string): StampVerdict | null {
  const compiled = compileModel(model);
  const entity = compiled.indexOf.get(entityIds.stamp(stamp));
  if (entity === undefined) return null;
  const { felt, reason, cause } = memory.signals;
  let worst: { code: number; signal: number } | null = null;
  for (
    let signal = compiled.signalStart[entity] ?? 0;
    signal < (compiled.signalStart[entity + 1] ?? 0);
    signal += 1
  ) {
    const name = compiled.rules[signal]?.rule.name ?? '';
    if (name === 'comparison' || name.startsWith('shared-')) continue;
    const code = felt[signal] ?? unknown;
    if (knownState(memory, signal) === unknown && code <= unknown) continue;
    const blamed = compiled.indexOf.get(cause[signal] ?? '');
    const isSymptom = blamed !== undefined && (memory.entities.state[blamed] ?? 0) > unknown;
    if (!isSymptom && (worst === null || code > worst.code)) worst = { code, signal };
  }
  if (worst === null) return null;
  const state = toState(worst.code);
  const name = compiled.rules[worst.signal]?.rule.name ?? '';
  const why = reason[worst.signal] ?? '';
  return { state, reason: state === 'healthy' ? '' : why === '' ? `${name} is ${state}` : `${name}: ${why}` };
}
