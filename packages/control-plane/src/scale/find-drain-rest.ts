import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { isRouted, sessionsOf } from '@alwayson/core/routes/find-stamp-use.ts';
import type { ScaleContext } from './scale-context.ts';

type DrainSources = Pick<ScaleContext, 'environment' | 'placement' | 'routes'>;

/**
 * What still keeps a stamp that is leaving from being removed, in words; null when nothing does: the committed routes send it nothing,
 * every living gateway has read them back, and no request is at it.
 */
export function findDrainRest(
  { environment, placement, routes }: DrainSources,
  stamp: string,
): string | null {
  const record = routes.record();
  if (record?.stamps.find(({ id }) => id === stamp)?.state === 'ready') return `the routes without ${stamp}`;
  const living = toRegions(environment).filter(
    (region) => placement.observe(gatewayZone(region).name).contact !== 'refused',
  );
  const reports = new Map(living.map(({ name }) => [name, routes.reports().get(name) ?? null]));
  for (const [region, report] of reports) {
    const isCurrent =
      report?.inForce && report.epoch === record?.epoch && report.generation === record?.generation;
    if (!isCurrent) return `gateway ${region} to take the routes without ${stamp}`;
  }
  if (isRouted(reports, stamp)) return `the gateways to send ${stamp} nothing`;
  const sessions = sessionsOf(reports, stamp);
  if (sessions === null) return `the gateways to tell of ${stamp}`;
  return sessions === 0 ? null : `${sessions} requests at ${stamp}`;
}
