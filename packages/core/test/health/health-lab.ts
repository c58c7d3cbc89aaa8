import type { EntityHealth } from '@alwayson/protocol/health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { describeHealth } from '../../src/health/describe-health.ts';
import { evaluateHealth, type HealthEvaluation, type HealthInput } from '../../src/health/evaluate-health.ts';
import { emptyMemory, type HealthMemory } from '../../src/health/health-memory.ts';
import type { Entity, Group, HealthModel } from '../../src/health/health-model.ts';
import type { HealthSample } from '../../src/health/health-sample.ts';
import type { SignalRule, StateRule, ThresholdRule } from '../../src/health/signal-rule.ts';

export const epoch = Date.UTC(2026, 0, 1);

/** Time passes between evaluations here and nowhere else. */
export class HealthLab {
  readonly model: HealthModel;
  memory: HealthMemory = emptyMemory;
  now = epoch;
  flags: HealthInput['flags'] = {};
  last: HealthEvaluation | null = null;

  constructor(entities: readonly Entity[]) {
    this.model = { version: 'lab', entities };
  }

  /** One evaluation, `ms` later. A state or number is the next result of the signal named `<entity> <signal>`. */
  step(results: Record<string, Told> = {}, ms = 2000): HealthEvaluation {
    this.now += ms;
    const samples = Object.entries(results).map(([key, told]): HealthSample => {
      const [entity = '', signal = ''] = key.split(' ');
      const base = { entity, signal, at: this.now };
      if (typeof told === 'string') return { ...base, state: told };
      return typeof told === 'number' ? { ...base, value: told } : { ...base, ...told };
    });
    const input = { samples, now: this.now, ...(this.flags === undefined ? {} : { flags: this.flags }) };
    this.last = evaluateHealth(this.model, this.memory, input);
    this.memory = this.last.memory;
    return this.last;
  }

  /** The same step so many times; the state of `entity` after each. */
  repeat(times: number, results: Record<string, Told>, entity: string): State[] {
    return Array.from({ length: times }, () => {
      this.step(results);
      return this.state(entity);
    });
  }

  entity(id: string): EntityHealth {
    const found = describeHealth(this.model, this.memory).entities.find((entity) => entity.id === id);
    if (found === undefined) throw new Error(`No entity ${id}.`);
    return found;
  }

  state(id: string): State {
    return this.entity(id).state;
  }
}

export type Told = State | number | Partial<HealthSample>;

export const alive: StateRule = { type: 'state', name: 'alive', class: 'liveness' };
/** Believed at once in both directions, for tests that are not about debounce. */
export const told: StateRule = {
  ...alive,
  name: 'told',
  debounce: { fall: 1, rise: 1, dwellMs: 0 },
  intervalMs: 1_000_000,
};
export const latency: ThresholdRule = {
  type: 'threshold',
  name: 'latency',
  unit: 'ms',
  class: 'telemetry',
  degraded: { comparator: 'gte', enter: 300 },
  unhealthy: { comparator: 'gte', enter: 500 },
};

export function leaf(id: string, signals: readonly SignalRule[] = [told]): Entity {
  return { id, kind: 'unit', name: id, signals, groups: [] };
}

export function parent(id: string, groups: readonly Group[], more: Partial<Entity> = {}): Entity {
  return { id, kind: 'component', name: id, signals: [], groups, ...more };
}
