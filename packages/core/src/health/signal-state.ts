import type { CompiledModel } from './compile-model.ts';
import type { HealthMemory } from './health-memory.ts';
import { healthy, unknown } from './state-code.ts';

/** The state after debounce that there is evidence for now; unknown when the evidence is missing, or does not agree yet. */
export function knownState({ signals }: HealthMemory, signal: number): number {
  return signals.confirmed[signal] === 1 ? (signals.stable[signal] ?? unknown) : unknown;
}

/** The state that a signal is held in while it flaps; healthy when it does not. */
export function heldState(model: CompiledModel, { flaps }: HealthMemory, signal: number): number {
  return flaps[model.signalKeys[signal] ?? '']?.held ?? healthy;
}

/** The state that a signal is shown in. */
export function shownState(model: CompiledModel, memory: HealthMemory, signal: number): number {
  return Math.max(knownState(memory, signal), heldState(model, memory, signal));
}
