import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import type { ControllerContext } from '../controller.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import type { SwitchesController } from './switches-controller.ts';

const pollMs = 100;
/** Beside the time that requests in flight may take to end. */
const marginMs = 20_000;

export interface InForceSources extends Pick<ControllerContext, 'environment' | 'manifest' | 'placement'> {
  routes: Pick<RoutesController, 'record' | 'reports'>;
  switches: Pick<SwitchesController, 'state'>;
  /** How long gateways may take; the time that requests in flight may take and 20 s, when absent. */
  inForceWithinMs?: number;
}

/**
 * Waits until the route record says of these stamps what the switches want, and every gateway runs that record or a later one, read back.
 * Returns the regions whose gateway's zone is dead: they serve nobody, and take the record when they are back.
 * Throws AON_TIMEOUT; the switch stays committed and is brought into force all the same.
 */
export async function awaitInForce(
  sources: InForceSources,
  stamps: readonly string[],
  tell: (waitingFor: string) => void,
): Promise<string[]> {
  const regions = toRegions(sources.environment);
  const isDead = (region: (typeof regions)[number]) =>
    sources.placement.observe(gatewayZone(region).name).contact === 'refused';
  const withinMs = sources.inForceWithinMs ?? sources.manifest.gateway.requestTimeoutMs + marginMs;
  const giveUpAt = performance.now() + withinMs;
  let needed: RouteRecord | null = null;
  let told = '';
  for (;;) {
    needed ??= findRecord(sources, stamps);
    const living = regions.filter((region) => !isDead(region)).map(({ name }) => name);
    const missing = needed === null ? ['the route record'] : describeMissing(sources, needed, living);
    if (missing.length === 0) return regions.map(({ name }) => name).filter((name) => !living.includes(name));
    const text = missing.join('; ');
    if (performance.now() >= giveUpAt) {
      const message = `The switch is committed, but not confirmed in time by ${text}. It is still being brought into force.`;
      throw new AlwaysOnError('AON_TIMEOUT', message);
    }
    if (text !== told) tell(text);
    told = text;
    await sleep(pollMs);
  }
}

/** The record, once it says what the switches want; a stamp that is not in it gets nothing anyway. */
function findRecord({ routes, switches }: InForceSources, stamps: readonly string[]): RouteRecord | null {
  const record = routes.record();
  const wanted = switches.state().stamps;
  const agrees = record?.stamps
    .filter(({ id }) => stamps.includes(id))
    .every(({ id, state }) => state === wanted.get(id)?.state);
  return agrees === true ? record : null;
}

function describeMissing(
  { routes }: InForceSources,
  needed: RouteRecord,
  regions: readonly string[],
): string[] {
  return regions.flatMap((region) => {
    const report = routes.reports().get(region);
    const has = report?.inForce && isAtLeast(report, needed);
    return has ? [] : [`gateway ${region}${report?.reason === undefined ? '' : ` (${report.reason})`}`];
  });
}

function isAtLeast(
  { epoch, generation }: { epoch: number | null; generation: number | null },
  needed: RouteRecord,
): boolean {
  if (epoch === null || generation === null) return false;
  return epoch > needed.epoch || (epoch === needed.epoch && generation >= needed.generation);
}
