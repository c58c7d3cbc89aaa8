import type { EntityKind, Impact } from '@alwayson/protocol/health.ts';
import type { Criticality } from '@alwayson/protocol/words.ts';
import type { SignalRule } from './signal-rule.ts';

/** Everything that has a health, and what each feels of which other: a graph without cycles whose root is the workload. */
export interface HealthModel {
  /** The same for the same content. Every transition names it. */
  version: string;
  entities: readonly Entity[];
}

export interface Entity {
  id: string;
  kind: EntityKind;
  name: string;
  criticality?: Criticality;
  /** What it stands in: maintenance or draining there holds here too. */
  partOf?: string;
  signals: readonly SignalRule[];
  /** The entity is as bad as its worst signal or group. */
  groups: readonly Group[];
}

export interface Group {
  name: string;
  aggregation: Aggregation;
  edges: readonly Edge[];
}

export interface Edge {
  to: string;
  impact: Impact;
}

/** `serving` are healthy and degraded children. */
export type Counted = 'serving' | 'healthy';

/**
 * `worstOf`: the worst child. `minServing`: bad when at most so many children serve. `maxNotServing`: bad when at least so many
 * do not. Counts are of children (`count`) or of 100 known children (`percent`).
 */
export type Aggregation =
  | { type: 'worstOf' }
  | ({ type: 'minServing' } & CountThresholds)
  | ({ type: 'maxNotServing' } & CountThresholds);

export interface CountThresholds {
  unit: 'count' | 'percent';
  degradedAt?: number;
  unhealthyAt: number;
  /** Which children count as there; `serving` unless told otherwise. */
  degradedCounts?: Counted;
  unhealthyCounts?: Counted;
}

export function worstOf(name: string, edges: readonly Edge[]): Group {
  return { name, aggregation: { type: 'worstOf' }, edges };
}

export function standard(to: string): Edge {
  return { to, impact: 'standard' };
}

export function limited(to: string): Edge {
  return { to, impact: 'limited' };
}
