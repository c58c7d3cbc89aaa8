import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { CarryStamp } from '@alwayson/core/switches/can-carry.ts';
import { toComponentDemand } from '@alwayson/core/switches/component-demand.ts';
import type { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import type { ControllerContext } from '../controller.ts';
import type { ObserverSignals } from '../signals/observer-signals.ts';
import type { StampSignals } from '../signals/stamp-signals.ts';

export interface LoadSources extends Pick<ControllerContext, 'manifest' | 'placement'> {
  stampSignals: Pick<StampSignals, 'health'>;
  observerSignals: Pick<ObserverSignals, 'observations'>;
  /** Requests per second that a stamp's component was seen to carry: 0 when it is evicted, undefined when not measured. */
  measuredCapacity?: (stamp: string, component: string) => number | undefined;
}

export interface Load {
  stamps: CarryStamp[];
  /** Requests per second by component. */
  demand: Record<string, number>;
}

/**
 * What the stamps can carry, and what is asked of them now. Only components that gateways send requests to count: the others go on
 * working in a stamp that gets no traffic. A stamp that is not known to serve carries nothing.
 */
export function observeLoad(sources: LoadSources, stamps: readonly StampPlan[]): Load {
  const { manifest, placement, stampSignals, observerSignals, measuredCapacity } = sources;
  const routed = manifest.components.filter(({ routes }) => routes.length > 0);
  return {
    stamps: stamps.map(({ id, zone }) => {
      const health = placement.observe(zone).contact === 'refused' ? null : stampSignals.health(id);
      const components = routed.map(({ name, capacity }) => {
        const measured = measuredCapacity?.(id, name) ?? capacity.requestsPerSecond;
        const carries = Math.min(measured, capacity.requestsPerSecond);
        return [name, { capacity: carries, serves: carries > 0 && isServing(health, name) }] as const;
      });
      return { id, components: Object.fromEntries(components) };
    }),
    demand: toComponentDemand(manifest, observerSignals.observations()),
  };
}

/** By the stamp's own checks: what it says of itself as a whole, and of this component. */
function isServing(health: StampHealth | null, component: string): boolean {
  if (health === null || health.checks.some((check) => check.component === 'stamp')) return false;
  const check = health.checks.find((candidate) => candidate.component === component);
  return check?.status === 'healthy' || check?.status === 'degraded';
}
