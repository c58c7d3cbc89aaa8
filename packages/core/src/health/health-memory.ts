import type { CompiledModel } from './compile-model.ts';
import type { Flaps } from './flapping.ts';
import { mapColumns, type SignalColumns, unseenSignal } from './signal-columns.ts';
import { unknown } from './state-code.ts';

/**
 * What an evaluation hands to the next one: plain JSON, to be persisted as it is. Columns instead of rows, so that thousands
 * of signals are copied at once. Times are ms since the epoch; -1 stands for never.
 */
export interface HealthMemory {
  format: 1;
  modelVersion: string;
  /** Of the last evaluation, and since when there was one every few seconds: nothing arrives while nobody looks. */
  at: number;
  awakeSince: number;
  entityIds: readonly string[];
  entities: EntityColumns;
  signalKeys: readonly string[];
  signals: SignalColumns;
  /** Of signals that changed lately, by key. */
  flaps: Record<string, Flaps>;
  /** Whom each observer reached lately. */
  observers: Record<string, Reach>;
  /** Observers that reach nobody. */
  blind: string[];
}

export interface EntityColumns {
  state: number[];
  since: number[];
  /** The worst of its own signals. */
  own: number[];
  partial: number[];
  /** Bits by position in `healthFlags`. */
  flags: number[];
}

/** The last two different entities that answered an observer. */
export interface Reach {
  entity: string;
  at: number;
  /** When another one than `entity` last answered. */
  otherAt: number;
}

/** Before the first evaluation: everything is unknown. */
export const emptyMemory: HealthMemory = {
  format: 1,
  modelVersion: '',
  at: -1,
  awakeSince: -1,
  entityIds: [],
  entities: { state: [], since: [], own: [], partial: [], flags: [] },
  signalKeys: [],
  signals: mapColumns(() => []),
  flaps: {},
  observers: {},
  blind: [],
};

/**
 * A memory in the order of a model. Entities and signals that the model has kept go on; new ones start as unknown; the others are
 * forgotten. Columns may be those of the memory that was given: who changes one replaces it.
 */
export function fitMemory(memory: HealthMemory, model: CompiledModel, now: number): HealthMemory {
  const isFitting =
    memory.modelVersion === model.version &&
    memory.entityIds.length === model.ids.length &&
    memory.signalKeys.length === model.signalKeys.length;
  const base = { ...memory, modelVersion: model.version, entityIds: model.ids, signalKeys: model.signalKeys };
  if (isFitting) return { ...base, entities: { ...memory.entities }, signals: memory.signals };
  const entities = toRows(memory.entityIds, model.ids);
  const signals = toRows(memory.signalKeys, model.signalKeys);
  const { state, since, own, partial, flags } = memory.entities;
  const known = new Set(model.ids);
  const forgotten = new Set(memory.entityIds.filter((id) => !known.has(id)));
  const observers = Object.entries(memory.observers).filter(([name]) => !forgotten.has(name));
  return {
    ...base,
    observers: Object.fromEntries(observers),
    entities: {
      state: pick(state, entities, unknown),
      since: pick(since, entities, now),
      own: pick(own, entities, unknown),
      partial: pick(partial, entities, 0),
      flags: pick(flags, entities, 0),
    },
    signals: mapColumns((name) => pick<number | string>(memory.signals[name], signals, unseenSignal[name])),
  };
}

/** Where the entries of a new list were in the old one; -1 for those that are new. */
function toRows(old: readonly string[], fresh: readonly string[]): number[] {
  const rows = new Map(old.map((key, row) => [key, row]));
  return fresh.map((key) => rows.get(key) ?? -1);
}

function pick<T>(column: readonly T[], rows: readonly number[], fallback: T): T[] {
  return rows.map((row) => column[row] ?? fallback);
}
