import {
  type ComponentRecord,
  decideComponent,
  type ProbeOutcome,
  unseenComponent,
} from './decide-component.ts';

export interface StampComponent {
  name: string;
  /** Without it the stamp cannot serve. The others only degrade it: their work waits, or another stamp does it. */
  required: boolean;
}

export interface StampState {
  components: ReadonlyMap<string, ComponentRecord>;
  /** When the last round of probes was complete, on the agent's monotonic clock; null before the first. */
  evaluatedAt: number | null;
  /** Taken out of service on purpose. */
  drained: boolean;
}

export function createStampState(components: readonly StampComponent[]): StampState {
  const records = components.map(({ name }) => [name, unseenComponent] as const);
  return { components: new Map(records), evaluatedAt: null, drained: false };
}

/** One outcome, in force at once: a round's slowest probe delays nobody else's verdict. */
export function applyOutcome(state: StampState, component: string, outcome: ProbeOutcome): StampState {
  const record = decideComponent(state.components.get(component) ?? unseenComponent, outcome);
  return { ...state, components: new Map(state.components).set(component, record) };
}

export function completeRound(state: StampState, at: number): StampState {
  return { ...state, evaluatedAt: at };
}

export function setDrained(state: StampState, drained: boolean): StampState {
  return { ...state, drained };
}
