import { wantedIn } from '@alwayson/core/estate/estate-record.ts';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { ScaleRegion } from '@alwayson/core/scale/decide-scale.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { ScaleContext } from './scale-context.ts';
import { readScale } from './scale-record.ts';

/** Every region as automatic scale sees it. `manifest` is that of the live release. */
export function observeRegions(context: ScaleContext, manifest: Manifest): ScaleRegion[] {
  const { environment, estate, records, shares } = context;
  const record = estate.record();
  const { floor } = readScale(records).value;
  const report = shares.report();
  const held = holdAll(context, report);
  return toRegions(environment).map(({ name, zones }) => ({
    region: name,
    zones: zones.map((zone) => {
      return { zone: zone.name, count: wantedIn(record, zone.name), floor: floor[zone.name] ?? 0 };
    }),
    demand: report === null ? null : toDemand(report, name),
    capacity: toStampCapacity(manifest),
    hold: held ?? holdRegion(context, name),
  }));
}

/** What its stamps are asked for, and of what is refused for lack of capacity the part that it would have had. */
function toDemand({ stamps, shed, capacity }: SharesReport, region: string): number {
  const own = stamps.filter((stamp) => stamp.region === region);
  const asked = own.reduce((sum, { demand }) => sum + demand, 0);
  const part = own.reduce((sum, stamp) => sum + stamp.capacity, 0) / Math.max(capacity, 1);
  return asked + shed * Math.min(part, 1);
}

/** What a stamp can surely carry, whichever of its components the requests are for. */
function toStampCapacity({ components }: Manifest): number {
  const routed = components.filter(({ routes }) => routes.length > 0);
  return Math.min(...routed.map(({ capacity }) => capacity.requestsPerSecond));
}

function holdAll({ estate, rolloutRunning }: ScaleContext, report: SharesReport | null): string | null {
  if (!estate.isBroughtUp()) return 'it is being brought up';
  if (rolloutRunning()) return 'a rollout runs';
  return report === null || report.blind ? 'nothing is observed' : null;
}

/** While anything that serves here is amiss, or on its way in or out, its demand says nothing of the number that it needs. */
function holdRegion(context: ScaleContext, region: string): string | null {
  const { environment, estate, placement } = context;
  const lost = environment.zones.find(
    (zone) => zone.region === region && placement.observe(zone.name).contact !== 'connected',
  );
  if (lost !== undefined) return `zone ${lost.name} does not answer`;
  const leaving = estate.leaving();
  const going = estate.stamps().find((stamp) => stamp.region === region && leaving.has(stamp.id));
  if (going !== undefined) return `stamp ${going.id} is on its way out`;
  for (const stamp of estate.serving().filter((candidate) => candidate.region === region)) {
    const reason = holdStamp(context, stamp);
    if (reason !== null) return `stamp ${stamp.id} ${reason}`;
  }
  return null;
}

function holdStamp({ estate, switches, health }: ScaleContext, { id }: StampPlan): string | null {
  const switched = switches.state().stamps.get(id)?.state ?? 'ready';
  if (switched !== 'ready') return `is switched to ${switched}`;
  if (estate.isStampReady(id) !== true) return `is not ready: ${estate.stampProblem(id)}`;
  const state = health.state(entityIds.stamp(id));
  return state === 'unhealthy' || state === 'unknown' ? `is ${state}` : null;
}
