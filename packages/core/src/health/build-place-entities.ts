import { gatewayZone, observerZone, type RegionPlan } from '../estate/topology.ts';
import type { HealthModelInput } from './health-model-input.ts';
import { entityIds } from './entity-ids.ts';
import { type Entity, limited, standard, worstOf } from './health-model.ts';
import { measure, type SignalRule, verdict } from './signal-rule.ts';

interface UnitPlace {
  id: string;
  zone: string;
  signals: readonly SignalRule[];
}

/** Regions, zones, hosts, and the units that belong to no stamp. */
export function buildPlaceEntities(input: HealthModelInput): Entity[] {
  const { manifest, regions, witness, stamps } = input;
  const units = [...regions.flatMap((region) => placeUnits(input, region)), controlPlane(witness)];
  const zones = [
    ...regions.flatMap((region) => region.zones.map(({ name }) => ({ name, region: region.name }))),
    { name: witness, region: null },
  ];
  return [
    {
      id: entityIds.frontDoor(manifest.name),
      kind: 'front-door',
      name: manifest.name,
      signals: [],
      groups: [
        oneOfMany(
          'gateways',
          regions.map(({ name }) => entityIds.unit(`gateway-${name}`)),
        ),
      ],
    },
    ...regions.map(buildRegion),
    ...zones.flatMap(({ name, region }) => [
      buildZone(name, region, [
        ...units.filter(({ zone }) => zone === name).map(({ id }) => entityIds.unit(id)),
        ...stamps.filter(({ zone }) => zone === name).map(({ id }) => entityIds.stamp(id)),
      ]),
      buildHost(name),
    ]),
    ...units.map(buildUnit),
  ];
}

/** Any of these will do, but one less is felt. */
function oneOfMany(name: string, ids: readonly string[]): Entity['groups'][number] {
  return {
    name,
    aggregation: {
      type: 'minServing',
      unit: 'count',
      degradedAt: ids.length - 1,
      degradedCounts: 'healthy',
      unhealthyAt: 0,
    },
    edges: ids.map(standard),
  };
}

function buildRegion({ name, zones }: RegionPlan): Entity {
  return {
    id: entityIds.region(name),
    kind: 'region',
    name,
    signals: [],
    groups: [
      oneOfMany(
        'zones',
        zones.map((zone) => entityIds.zone(zone.name)),
      ),
      worstOf('door', [
        standard(entityIds.unit(`gateway-${name}`)),
        limited(entityIds.unit(`gateway-agent-${name}`)),
        limited(entityIds.unit(`observer-${name}`)),
      ]),
    ],
  };
}

/** A zone is lost with its host; anything else that fails in it makes it worse. */
function buildZone(name: string, region: string | null, inside: readonly string[]): Entity {
  return {
    id: entityIds.zone(name),
    kind: 'zone',
    name,
    ...(region === null ? {} : { partOf: entityIds.region(region) }),
    signals: [],
    groups: [worstOf('host', [standard(entityIds.host(name))]), worstOf('units', inside.map(limited))],
  };
}

function buildHost(zone: string): Entity {
  return {
    id: entityIds.host(zone),
    kind: 'host',
    name: zone,
    partOf: entityIds.zone(zone),
    signals: [
      { type: 'state', name: 'contact', class: 'liveness' },
      headroom('disk-used', { degradedAt: 0.9, unhealthyAt: 0.97 }),
      headroom('descriptors-used', { degradedAt: 0.8, unhealthyAt: 0.95 }),
    ],
    groups: [],
  };
}

function headroom(name: string, { degradedAt, unhealthyAt }: { degradedAt: number; unhealthyAt: number }) {
  return measure(name, 'ratio', {
    range: { min: 0, max: 1 },
    intervalMs: 10_000,
    degraded: { comparator: 'gte', enter: degradedAt },
    unhealthy: { comparator: 'gte', enter: unhealthyAt },
  });
}

function buildUnit({ id, zone, signals }: UnitPlace): Entity {
  return {
    id: entityIds.unit(id),
    kind: 'unit',
    name: id,
    partOf: entityIds.zone(zone),
    signals: [verdict('process', { explainedBy: entityIds.host(zone) }), ...signals],
    groups: [],
  };
}

function controlPlane(zone: string): UnitPlace {
  return { id: 'control-plane', zone, signals: [] };
}

const lagBytesMax = 16 * 1024 * 1024;

function placeUnits({ manifest }: HealthModelInput, region: RegionPlan): UnitPlace[] {
  const has = (kind: 'queue' | 'cache') => manifest.stores.some((store) => store.kind === kind);
  const front = gatewayZone(region).name;
  const back = observerZone(region).name;
  const lag = measure('lag', 'bytes', {
    range: { min: 0 },
    degraded: { comparator: 'gte', enter: lagBytesMax },
  });
  // More would be lost with the writer than was promised.
  const lagTime = measure('lag-time', 'ms', {
    range: { min: 0 },
    degraded: { comparator: 'gt', enter: Math.max(1, manifest.objectives.rpoSeconds) * 1000 },
  });
  const queue = has('queue') ? region.zones.slice(0, 2) : [];
  return [
    { id: `gateway-${region.name}`, zone: front, signals: [inForce(), ...certificate(manifest)] },
    { id: `gateway-agent-${region.name}`, zone: front, signals: [] },
    { id: `observer-${region.name}`, zone: back, signals: [coverage()] },
    ...region.zones.flatMap(({ name }) => [
      { id: `pg-${name}`, zone: name, signals: [verdict('role'), lag, lagTime] },
      { id: `pgbouncer-${name}`, zone: name, signals: [answer(2000), waiting()] },
    ]),
    ...queue.map(({ name }) => ({ id: `queue-${name}`, zone: name, signals: [verdict('role')] })),
    ...(has('cache') ? [{ id: `cache-${region.name}`, zone: back, signals: [answer(5000)] }] : []),
  ];
}

/** Days until the first of the declared certificates ends. It is renewed weeks before, so that 30 are late already. */
function certificate({ gateway }: HealthModelInput['manifest']): SignalRule[] {
  if (gateway.certificates.length === 0) return [];
  const rule = measure('certificate', 'days', {
    intervalMs: 60_000,
    degraded: { comparator: 'lte', enter: 30 },
    unhealthy: { comparator: 'lte', enter: 1 },
  });
  return [rule];
}

/** Whether a store's server answers what it is asked: one that is frozen still takes connections. */
function answer(intervalMs: number): SignalRule {
  const base = { type: 'state', name: 'answer', class: 'liveness', optional: true } as const;
  return { ...base, intervalMs, debounce: { fall: 2 } };
}

/** How long the first client has waited for a connection to the database; PgBouncer sends it away after 5 s. */
function waiting(): SignalRule {
  return measure('waiting', 'ms', {
    range: { min: 0 },
    intervalMs: 5000,
    debounce: { fall: 2 },
    degraded: { comparator: 'gte', enter: 1000 },
    unhealthy: { comparator: 'gte', enter: 4000 },
  });
}

/** How often gateways and observers that are well are asked. */
const readBackEveryMs = 5000;

/** A gateway that does not run the committed routes still serves. */
function inForce(): SignalRule {
  return {
    type: 'state',
    name: 'routes',
    class: 'telemetry',
    worst: 'degraded',
    intervalMs: readBackEveryMs,
  };
}

/** Part of the gateway's log that arrived. */
function coverage(): SignalRule {
  return measure('coverage', 'ratio', {
    range: { min: 0, max: 1 },
    intervalMs: readBackEveryMs,
    degraded: { comparator: 'lt', enter: 1 },
  });
}
