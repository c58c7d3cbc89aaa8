import type { RouteStamp } from '@alwayson/protocol/routes.ts';

/** The share that HAProxy is given: only a ready stamp gets new requests. */
export function toEffectiveWeight(stamp: Pick<RouteStamp, 'state' | 'weight'>): number {
  return stamp.state === 'ready' ? stamp.weight : 0;
}
