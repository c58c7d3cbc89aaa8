import { gatewayZone, observerZone } from '@alwayson/core/estate/topology.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import { toUnitState } from '@alwayson/core/status/roll-up.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import { type HealthFacts, ownObserver } from './health-facts.ts';
import { findLostHost } from './suspect-causes.ts';
import { toCoverage } from './to-coverage.ts';

/** Hosts, what they say of their units, and the gateways and observers as they were found. */
export function toPlaceSamples(facts: HealthFacts): HealthSample[] {
  const zones = [...facts.regions.flatMap((region) => region.zones.map(({ name }) => name)), facts.witness];
  const stamps = new Set(facts.stamps.map(({ id }) => id));
  return [
    ...zones.flatMap((zone) => [...toHostSamples(facts, zone), ...toUnitSamples(facts, zone, stamps)]),
    ...facts.regions.flatMap(({ name }) => [
      ...toGatewaySample(facts, name),
      ...toCertificateSample(facts, name),
    ]),
    ...facts.observations.flatMap((observation) => toCoverageSample(facts, observation)),
  ];
}

const contactStates = {
  connected: { state: 'healthy' },
  refused: { state: 'unhealthy', hard: true, reason: 'its address refuses connections' },
  silent: { state: 'unknown', reason: 'it does not answer' },
} as const;

function toHostSamples({ zone: observe, now }: HealthFacts, zone: string): HealthSample[] {
  const { contact, host } = observe(zone);
  if (contact === 'unknown') return [];
  const entity = entityIds.host(zone);
  const seen: HealthSample = {
    entity,
    signal: 'contact',
    at: now,
    observer: ownObserver,
    ...contactStates[contact],
  };
  const { resources } = host ?? {};
  if (contact !== 'connected' || resources === undefined) return [seen];
  const base = { entity, at: Date.parse(resources.at), observer: entity };
  return [
    seen,
    { ...base, signal: 'disk-used', value: resources.diskUsedRatio, samples: 1 },
    { ...base, signal: 'descriptors-used', value: resources.descriptorsUsedRatio, samples: 1 },
  ];
}

function toUnitSamples(facts: HealthFacts, zone: string, stamps: ReadonlySet<string>): HealthSample[] {
  const { contact, host } = facts.zone(zone);
  if (contact === 'unknown') return [];
  const observer = entityIds.host(zone);
  const cause = findLostHost(facts, zone);
  return (host?.units ?? []).flatMap((unit): HealthSample[] => {
    // One of a release that is being taken away is nobody's.
    if (unit.stamp !== undefined && !stamps.has(unit.stamp)) return [];
    const state = toUnitState(unit.state, contact);
    const isGone = state === 'unhealthy';
    const reason = cause === undefined ? (unit.reason ?? unit.state) : 'its host is lost';
    return [
      {
        entity: toUnitEntity(unit),
        signal: 'process',
        at: facts.now,
        state,
        observer,
        ...(isGone ? { hard: true } : {}),
        ...(state === 'healthy' ? {} : { reason }),
        ...(cause === undefined ? {} : { cause }),
      },
    ];
  });
}

function toUnitEntity({ id, stamp, component }: UnitStatus): string {
  return stamp !== undefined && component !== undefined
    ? entityIds.stampComponent(stamp, component)
    : entityIds.unit(id);
}

/** Whether a gateway runs the committed record, as read back from it. One that does not answer is told by its age. */
function toGatewaySample(facts: HealthFacts, region: string): HealthSample[] {
  const plan = facts.regions.find(({ name }) => name === region);
  const base = { entity: entityIds.unit(`gateway-${region}`), signal: 'routes', observer: ownObserver };
  const lost = plan === undefined ? undefined : findLostHost(facts, gatewayZone(plan).name);
  if (lost !== undefined) return [{ ...base, at: facts.now, state: 'unknown', cause: lost }];
  const report = facts.gateways.get(region);
  if (report == null || facts.routes === null) return [];
  const { epoch, generation } = facts.routes;
  const isInForce = report.inForce && report.epoch === epoch && report.generation === generation;
  const reason = report.reason ?? `route record ${generation} is not in force`;
  const told = isInForce ? { state: 'healthy' as const } : { state: 'degraded' as const, reason };
  return [{ ...base, at: report.seenAt, cause: entityIds.unit(`gateway-agent-${region}`), ...told }];
}

function toCertificateSample({ certificates }: HealthFacts, region: string): HealthSample[] {
  if (certificates === null) return [];
  const { at, days } = certificates;
  const entity = entityIds.unit(`gateway-${region}`);
  return [{ entity, signal: 'certificate', at, value: days, samples: 1, observer: ownObserver }];
}

function toCoverageSample(
  facts: HealthFacts,
  observation: HealthFacts['observations'][number],
): HealthSample[] {
  const { region } = observation;
  const value = toCoverage(facts.earlier.get(region), observation);
  const plan = facts.regions.find(({ name }) => name === region);
  if (value === null || plan === undefined) return [];
  const lost = findLostHost(facts, observerZone(plan).name);
  return [
    {
      entity: entityIds.unit(`observer-${region}`),
      signal: 'coverage',
      at: Date.parse(observation.at),
      value,
      samples: 1,
      observer: ownObserver,
      ...(lost === undefined ? {} : { cause: lost }),
    },
  ];
}
