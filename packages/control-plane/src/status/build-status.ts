import { toRegions, witnessZone } from '@alwayson/core/estate/topology.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import { replicasOf, toUnitState } from '@alwayson/core/status/roll-up.ts';
import type { Zone } from '@alwayson/protocol/environment.ts';
import type { Status, StatusRegion, StatusStamp, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import type { Switch } from '@alwayson/protocol/switches.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { ControllerContext } from '../controller.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { HealthController } from '../health/health-controller.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import type { SwitchesController } from '../switches/switches-controller.ts';
import type { StampSignals } from '../signals/stamp-signals.ts';

/** Everything a status is made from. */
export interface StatusSources extends ControllerContext {
  journal: SqliteJournal;
  estate: EstateController;
  routes: RoutesController;
  stampSignals: StampSignals;
  health: Pick<HealthController, 'state' | 'reason'>;
  database: { status(): Status['database'] };
  queue: { status(): Status['queues'] };
  readiness: { readiness(): Status['recovery'] };
  switches: Pick<SwitchesController, 'state'>;
  authority: { epoch(): number; writerRegion(): string };
}

const operationsShown = 10;

type Flow = ControllerContext['manifest']['flows'][number];

/** The whole environment at this moment, from memory: no I/O, so that it may be asked at any rate. */
export function buildStatus(sources: StatusSources): Status {
  const { environment, manifest, estate, now } = sources;
  const zones = new Map(environment.zones.map((zone) => [zone.name, toZone(sources, zone)]));
  const zoneOf = (zone: Zone): StatusZone => {
    const found = zones.get(zone.name);
    if (found === undefined) throw new Error(`No zone ${zone.name}.`);
    return found;
  };
  const regions = toRegions(environment).map((region): StatusRegion => {
    const inside = region.zones.map(zoneOf);
    return { name: region.name, state: replicasOf(inside.map(({ state }) => state)), zones: inside };
  });
  return {
    workload: manifest.name,
    environment: environment.name,
    type: environment.type,
    state: sources.health.state(entityIds.workload(manifest.name)),
    phase: estate.isBroughtUp() ? 'running' : 'starting',
    at: new Date(now()).toISOString(),
    frontDoor: environment.frontDoor.url,
    console: environment.console.url,
    epoch: sources.authority.epoch(),
    writerRegion: sources.authority.writerRegion(),
    release: estate.record().live.slice(0, 12),
    regions,
    witness: zoneOf(witnessZone(environment)),
    stamps: toStamps(sources),
    database: sources.database.status(),
    queues: sources.queue.status(),
    recovery: sources.readiness.readiness(),
    gateways: toGateways(sources),
    flows: manifest.flows.map((flow) => toFlow(sources, flow)),
    operations: sources.journal.operations(operationsShown).map(({ id, kind, state, title }) => {
      return { id, kind, state, title };
    }),
  };
}

function toZone({ placement }: StatusSources, zone: Zone): StatusZone {
  const { contact, host } = placement.observe(zone.name);
  const units = (host?.units ?? []).map((unit): StatusUnit => {
    const { component, stamp, release, reason } = unit;
    return {
      id: unit.id,
      kind: unit.kind,
      ...(component === undefined ? {} : { component }),
      ...(stamp === undefined ? {} : { stamp }),
      ...(release === undefined ? {} : { release: release.slice(0, 12) }),
      pid: contact === 'refused' ? null : unit.pid,
      address: unit.address,
      port: unit.port,
      state: toUnitState(unit.state, contact),
      process: contact === 'refused' ? 'exited' : unit.state,
      restarts: unit.restarts,
      ...(reason === undefined ? {} : { reason }),
    };
  });
  return {
    name: zone.name,
    state:
      contact === 'connected' ? replicasOf(units.map(({ state }) => state)) : toUnitState('exited', contact),
    address: zone.address,
    hostPid: contact === 'connected' ? (host?.pid ?? null) : null,
    units,
  };
}

function toStamps({ estate, placement, routes, stampSignals, switches }: StatusSources): StatusStamp[] {
  const routed = routes.record()?.stamps ?? [];
  const weightIn = (region: string) =>
    routed
      .filter((stamp) => stamp.region === region && stamp.state === 'ready')
      .reduce((sum, s) => sum + s.weight, 0);
  const switched = switches.state().stamps;
  return estate.stamps().map((stamp) => {
    const by = switched.get(stamp.id)?.by;
    const health = stampSignals.health(stamp.id);
    const gone = placement.observe(stamp.zone).contact === 'refused';
    const route = routed.find((candidate) => candidate.id === stamp.id);
    const weight = route?.state === 'ready' ? route.weight : 0;
    const { id, region, zone, release } = stamp;
    return {
      id,
      region,
      zone,
      release: release.slice(0, 12),
      state: gone ? 'unhealthy' : (health?.state ?? 'unknown'),
      share: weight === 0 ? 0 : weight / weightIn(stamp.region),
      ...(by === undefined ? {} : { switched: toSwitched(by) }),
      checks: (gone ? [] : (health?.checks ?? [])).map(({ component, status, scope, reason }) => {
        return { component, status, scope, ...(reason === undefined ? {} : { reason }) };
      }),
    };
  });
}

function toSwitched({ action, owner, reason, until }: Switch): StatusStamp['switched'] {
  return { action, owner, reason, ...(until === undefined ? {} : { until }) };
}

function toGateways({ environment, routes, placement }: StatusSources): Status['gateways'] {
  return toRegions(environment).map((region) => {
    const report = routes.reports().get(region.name) ?? null;
    const unit = region.zones
      .map((zone) => ({ zone, observed: placement.observe(zone.name) }))
      .flatMap(({ observed }) =>
        (observed.host?.units ?? [])
          .filter((candidate) => candidate.id === `gateway-${region.name}`)
          .map((candidate) => toUnitState(candidate.state, observed.contact)),
      )[0];
    const inForce = report?.inForce ?? false;
    const state: State = unit === 'healthy' && !inForce ? 'degraded' : (unit ?? 'unknown');
    return { region: region.name, generation: report?.generation ?? null, inForce, state };
  });
}

function toFlow({ health }: StatusSources, { name, kind, criticality }: Flow): Status['flows'][number] {
  const id = entityIds.flow(name);
  const state = health.state(id);
  const reason = state === 'healthy' ? undefined : health.reason(id);
  return { name, kind, criticality, state, ...(reason === undefined ? {} : { reason }) };
}
