import { canonicalJson } from '@alwayson/protocol/canonical-json.ts';
import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { findRouteFaults, type RouteZone } from './find-route-faults.ts';

/**
 * What a gateway agent does with a record it is offered. `same`: it is the one in force already. `weights`: only shares,
 * detours, refusals and states of stamps move, HAProxy takes them while it runs. `structure`: HAProxy must read its file again.
 */
export type RouteChange =
  | { kind: 'same' }
  | { kind: 'weights' }
  | { kind: 'structure' }
  | { kind: 'refused'; code: 'AON_GENERATION_OLD' | 'AON_ROUTES_REFUSED'; reason: string };

export interface RouteVersion {
  epoch: number;
  generation: number;
}

/** Negative when `left` is older. The epoch outranks the generation: whoever holds the newer epoch may start over at 0. */
export function compareRouteVersions(left: RouteVersion, right: RouteVersion): number {
  return left.epoch - right.epoch || left.generation - right.generation;
}

/** The record with everything taken out that HAProxy can change while it runs; two records with equal structure need no reload. */
function toRouteStructure(record: RouteRecord): RouteRecord {
  const stamps = record.stamps.map((stamp): RouteStamp => ({ ...stamp, state: 'ready', weight: 1 }));
  const { detours: _detours, pools: _pools, shed: _shed, rollout: _rollout, ...structure } = record;
  return { ...structure, epoch: 0, generation: 0, stamps: stamps.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * Judges `next` against the record in force (null before the first). The rules live in the agent and not only in the
 * controller, so that a mistaken or outdated controller cannot take a region's traffic away.
 */
export function decideRouteChange(
  current: RouteRecord | null,
  next: RouteRecord,
  zones: readonly RouteZone[],
): RouteChange {
  const order = current === null ? 1 : compareRouteVersions(next, current);
  if (current !== null && order <= 0) {
    if (order === 0 && canonicalJson(current) === canonicalJson(next)) return { kind: 'same' };
    const offered = `epoch ${next.epoch}, generation ${next.generation}`;
    const held = `epoch ${current.epoch}, generation ${current.generation}`;
    const reason =
      order === 0 ? `Another record with ${offered} is in force.` : `${held} is in force, not ${offered}.`;
    return { kind: 'refused', code: 'AON_GENERATION_OLD', reason };
  }
  const faults = findRouteFaults(next, zones);
  if (faults.length > 0) return { kind: 'refused', code: 'AON_ROUTES_REFUSED', reason: faults.join(' ') };
  if (current !== null && canonicalJson(toRouteStructure(current)) === canonicalJson(toRouteStructure(next)))
    return { kind: 'weights' };
  return { kind: 'structure' };
}
