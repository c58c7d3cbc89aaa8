import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { probeEveryMs } from '@alwayson/protocol/observation.ts';
import type { StampPlan } from '../estate/stamps.ts';
import type { HealthModelInput } from './health-model-input.ts';
import { dependencyGroups } from './dependency-impacts.ts';
import { entityIds } from './entity-ids.ts';
import { type Entity, type Group, limited, standard, worstOf } from './health-model.ts';
import { measure, type SignalRule, verdict } from './signal-rule.ts';

type Component = Manifest['components'][number];

/** Components, the stamps that they serve in, and each component in each stamp. */
export function buildServingEntities(input: HealthModelInput): Entity[] {
  const { manifest, stamps } = input;
  return [
    ...manifest.components.map((component) => buildComponent(input, component)),
    ...stamps.flatMap((stamp) => [
      buildStamp(manifest, stamp),
      buildAgent(stamp),
      ...manifest.components.map((component) => buildStampComponent(stamp, component)),
    ]),
  ];
}

/** Those that users may meet. */
function listServing({ stamps, aside }: HealthModelInput): StampPlan[] {
  return stamps.filter(({ id }) => aside?.has(id) !== true);
}

/** Of the live release those that stand; where it is not told, or none of it stands, one in every zone. */
function countPlanned(input: HealthModelInput): number {
  const standing = listServing(input).filter(({ release }) => release === input.live).length;
  return standing > 0 ? standing : input.regions.reduce((sum, { zones }) => sum + zones.length, 0);
}

/**
 * As good as its instances: degraded while not all that are planned are healthy, unhealthy when fewer serve than its peak needs. Stamps of
 * another release, serving beside the live ones, are more than planned.
 */
function buildComponent(input: HealthModelInput, { name, capacity }: Component): Entity {
  const { manifest, peakRequestsPerSecond } = input;
  const planned = countPlanned(input);
  const peak = peakRequestsPerSecond?.[name] ?? 0;
  const needed = Math.min(planned, Math.max(1, Math.ceil(peak / capacity.requestsPerSecond)));
  const instances: Group = {
    name: 'instances',
    aggregation: {
      type: 'minServing',
      unit: 'count',
      degradedAt: planned - 1,
      degradedCounts: 'healthy',
      unhealthyAt: needed - 1,
    },
    edges: listServing(input).map((stamp) => standard(entityIds.stampComponent(stamp.id, name))),
  };
  return {
    id: entityIds.component(name),
    kind: 'component',
    name,
    signals: [],
    groups: [instances, ...dependencyGroups(manifest, name)],
  };
}

function buildStamp(manifest: Manifest, stamp: StampPlan): Entity {
  return {
    id: entityIds.stamp(stamp.id),
    kind: 'stamp',
    name: stamp.id,
    partOf: entityIds.zone(stamp.zone),
    signals: [
      // One answer that is late may be an accident.
      verdict('report', { debounce: { fall: 2 }, explainedBy: entityIds.unit(`${stamp.id}-agent`) }),
      ...seenFromInside(manifest),
      ...seenFromOutside(manifest),
    ],
    groups: [
      worstOf('parts', [
        standard(entityIds.unit(`${stamp.id}-agent`)),
        // What takes no requests does its work in another stamp too.
        ...manifest.components.map(({ name, routes }) => {
          const id = entityIds.stampComponent(stamp.id, name);
          return routes.length > 0 ? standard(id) : limited(id);
        }),
      ]),
    ],
  };
}

/** Shared stores as the stamp sees them: they degrade it, and are symptoms while the store itself is known to be bad. */
function seenFromInside(manifest: Manifest): SignalRule[] {
  return listUsedStores(manifest).map((name) =>
    verdict(`shared-${name}`, {
      class: 'telemetry',
      optional: true,
      worst: 'degraded',
      explainedBy: entityIds.store(name),
    }),
  );
}

/** Names of the stores that a component depends on. */
export function listUsedStores({ components, stores, dependencies }: Manifest): string[] {
  const used = stores.filter(({ name }) =>
    dependencies.some(({ from, to }) => to === name && components.some((entry) => entry.name === from)),
  );
  return used.map(({ name }) => name);
}

const eventsMin = 50;
/** How often observers are read while all is quiet. */
const observedEveryMs = 5000;

function seenFromOutside({ flows, objectives }: Manifest): SignalRule[] {
  const probed = flows.filter(({ probe }) => probe?.path !== undefined);
  return [
    // One route that fails makes a stamp worse, not useless.
    ...probed.map(
      ({ name }): SignalRule => ({
        type: 'state',
        name: `probe-${name}`,
        class: 'liveness',
        optional: true,
        worst: 'degraded',
        intervalMs: probeEveryMs.stamp,
      }),
    ),
    measure('errors', 'ratio', {
      range: { min: 0, max: 1 },
      samplesMin: eventsMin,
      intervalMs: observedEveryMs,
      degraded: { comparator: 'gte', enter: 0.02 },
      unhealthy: { comparator: 'gte', enter: 0.25 },
    }),
    measure('latency', 'ms', {
      range: { min: 0 },
      samplesMin: eventsMin,
      intervalMs: observedEveryMs,
      degraded: { comparator: 'gt', enter: objectives.latencyP99Ms },
    }),
    // What the comparison with the sibling stamps has found.
    verdict('comparison', { class: 'telemetry', optional: true }),
  ];
}

function buildAgent({ id, zone }: StampPlan): Entity {
  return {
    id: entityIds.unit(`${id}-agent`),
    kind: 'unit',
    name: `${id}-agent`,
    partOf: entityIds.stamp(id),
    signals: [verdict('process', { explainedBy: entityIds.host(zone) })],
    groups: [],
  };
}

function buildStampComponent({ id, zone }: StampPlan, { name }: Component): Entity {
  return {
    id: entityIds.stampComponent(id, name),
    kind: 'stamp-component',
    name: `${id}/${name}`,
    partOf: entityIds.stamp(id),
    signals: [
      verdict('process', { explainedBy: entityIds.host(zone) }),
      verdict('check', { debounce: { fall: 2 }, explainedBy: entityIds.unit(`${id}-agent`) }),
    ],
    groups: [],
  };
}
