import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { gatewayZone, listZones, toRegions } from '@alwayson/core/estate/topology.ts';
import { findStepCapacity, type RegionLoad } from '@alwayson/core/rollout/plan-steps.ts';
import type { RolloutObservation } from '@alwayson/core/rollout/rollout-observation.ts';
import { liveOf, type RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import { isPartsInForce } from '@alwayson/core/routes/is-parts-in-force.ts';
import { isRouted, sessionsOf } from '@alwayson/core/routes/find-stamp-use.ts';
import type { ControllerContext } from '../controller.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import { toRollout } from './to-rollout.ts';

export interface RolloutSources extends Pick<ControllerContext, 'environment' | 'placement'> {
  estate: Pick<EstateController, 'stamps' | 'record' | 'stampProblem'>;
  routes: Pick<RoutesController, 'record' | 'reports'>;
  /** Requests per second that a region's gateway is asked for. */
  demand: (region: string) => number;
  /** Requests per second that a stamp can carry. */
  capacityOf: (stamp: StampPlan) => number;
}

/** Component processes that ended so often while they were to start are not going to. */
const crashesMax = 3;

type Facts = Pick<RolloutObservation, 'stamps' | 'routes' | 'capacity' | 'drained' | 'removed'>;

/** What hosts, stamps and gateways say about the place where the rollout stands. */
export function observeRollout(sources: RolloutSources, state: RolloutState): Facts {
  const own = stampsOf(sources, state.program.release);
  const leaving = leavingStamps(sources, state);
  return {
    stamps: { missing: findMissing(sources, own), hopeless: findHopeless(sources, own) },
    routes: observeRoutes(sources, state),
    capacity: observeCapacity(sources, state, own),
    drained: observeDrained(sources, leaving),
    removed: isRemoved(sources, state),
  };
}

export function stampsOf({ estate }: Pick<RolloutSources, 'estate'>, release: string): StampPlan[] {
  return release === '' ? [] : estate.stamps().filter((stamp) => stamp.release === release);
}

/** Those that are to get nothing any more, because they are about to go. */
export function leavingStamps(
  sources: Pick<RolloutSources, 'estate'>,
  state: RolloutState | null,
): StampPlan[] {
  if (state === null || state.end !== null) return [];
  const { release, from } = state.program;
  if (state.phase === 'drain' || state.phase === 'remove') return stampsOf(sources, from);
  return state.phase === 'withdraw' ? stampsOf(sources, release) : [];
}

function isZoneAlive({ placement }: Pick<RolloutSources, 'placement'>, zone: string): boolean {
  return placement.observe(zone).contact !== 'refused';
}

/** A zone that is gone takes its stamps with it: they are not waited for, and capacity tells whether the others will do. */
function findMissing(sources: RolloutSources, own: readonly StampPlan[]): string[] {
  const empty = listLivingZones(sources).filter((zone) => own.every((stamp) => stamp.zone !== zone));
  const problems = own
    .filter(({ zone }) => isZoneAlive(sources, zone))
    .flatMap(({ id }) => {
      const problem = sources.estate.stampProblem(id);
      return problem === null ? [] : [`${id} (${problem})`];
    });
  return [...problems, ...empty.map((zone) => `the turn of ${zone}`)];
}

function listLivingZones(sources: RolloutSources): string[] {
  return listZones(sources.environment).filter((zone) => isZoneAlive(sources, zone));
}

/**
 * Zones in which the release may have stamps by now: one zone after the other, so that those that start take little from those that serve.
 * A zone that is gone keeps nobody waiting, and has its turn with the others.
 */
export function listZonesInTurn(sources: RolloutSources, release: string): string[] {
  const own = stampsOf(sources, release);
  const isReady = (zone: string) => {
    const inside = own.filter((stamp) => stamp.zone === zone);
    return inside.length > 0 && inside.every(({ id }) => sources.estate.stampProblem(id) === null);
  };
  const zones = listZones(sources.environment);
  const next = listLivingZones(sources).find((zone) => !isReady(zone));
  return next === undefined ? zones : zones.slice(0, zones.indexOf(next) + 1);
}

function findHopeless({ placement }: RolloutSources, own: readonly StampPlan[]): string | null {
  for (const stamp of own) {
    const units = placement.observe(stamp.zone).host?.units ?? [];
    const crashed = units.find((unit) => unit.stamp === stamp.id && unit.restarts >= crashesMax);
    if (crashed === undefined) continue;
    const { code, signal } = crashed.lastExit ?? { code: null, signal: null };
    const how = signal === null ? `exit code ${code ?? 'unknown'}` : signal;
    return `${crashed.id} ended ${crashed.restarts} times (${how}); see ./alwayson logs ${crashed.id}`;
  }
  return null;
}

function observeRoutes(sources: RolloutSources, state: RolloutState): RolloutObservation['routes'] {
  const rollout = toRollout(state);
  if (rollout === null) return { inForce: true, missing: [] };
  const { inForce, missing } = isPartsInForce(sources.routes.record(), sources.routes.reports(), {
    rollout,
    livingRegions: livingRegions(sources),
  });
  return { inForce, missing: missing.map((region) => `gateway ${region}`) };
}

/** Regions whose gateway's zone is there: the others send nobody anywhere. */
export function livingRegions(sources: Pick<RolloutSources, 'environment' | 'placement'>): string[] {
  return toRegions(sources.environment)
    .filter((region) => isZoneAlive(sources, gatewayZone(region).name))
    .map(({ name }) => name);
}

/** Of the step that is to be taken, with the stamps that are ready now. */
function observeCapacity(
  sources: RolloutSources,
  { program, step }: RolloutState,
  own: readonly StampPlan[],
): RolloutObservation['capacity'] {
  const next = program.steps[step];
  if (next === undefined) return { enough: true, text: '' };
  const ready = own.filter(({ id }) => sources.estate.stampProblem(id) === null);
  const loads = toRegions(sources.environment).map(({ name }): RegionLoad => {
    const inside = ready.filter(({ region }) => region === name);
    const candidate = inside.reduce((sum, stamp) => sum + sources.capacityOf(stamp), 0);
    return { region: name, demand: sources.demand(name), candidate };
  });
  const short = findStepCapacity([next], loads).filter(({ enough }) => !enough);
  const toText = ({ region, capacity, demand }: (typeof short)[number]) =>
    `${region}: ${Math.round(capacity)} of ${Math.round(demand)} requests/s`;
  return { enough: short.length === 0, text: `capacity lacks in ${short.map(toText).join(', ')}` };
}

function observeDrained(
  sources: RolloutSources,
  leaving: readonly StampPlan[],
): RolloutObservation['drained'] {
  const living = livingRegions(sources);
  const reports = new Map(living.map((region) => [region, sources.routes.reports().get(region) ?? null]));
  const waitingFor = leaving.flatMap(({ id }) => {
    if (isRouted(reports, id)) return [`${id} to be out of the routes`];
    const sessions = sessionsOf(reports, id);
    return sessions === 0 ? [] : [`${sessions ?? 'unknown'} sessions of ${id}`];
  });
  return { done: waitingFor.length === 0, waitingFor: waitingFor.join(', ') };
}

/** No process of the release that is to go is left in any zone that answers. */
function isRemoved({ estate, placement }: RolloutSources, state: RolloutState): boolean {
  const { program } = state;
  const gone = liveOf(state) === program.release ? program.from : program.release;
  if (estate.record().stamps.some(({ release }) => release === gone)) return false;
  return placement.zones.every((zone) => {
    const { contact, host } = placement.observe(zone);
    return contact !== 'connected' || !(host?.units ?? []).some(({ release }) => release === gone);
  });
}
