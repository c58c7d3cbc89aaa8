import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { listUsedStores } from '@alwayson/core/health/build-serving-entities.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import type { HealthCheck, StampHealth } from '@alwayson/protocol/stamp-health.ts';
import { type HealthFacts, ownObserver } from './health-facts.ts';
import { findSuspectStore } from './suspect-causes.ts';
import { sumWindows } from './traffic-figures.ts';

/** What stamps say of themselves, and what is seen of them from outside. */
export function toStampSamples(facts: HealthFacts): HealthSample[] {
  return facts.stamps.flatMap((stamp) => {
    const contact = facts.contact(stamp.id);
    return [
      ...(contact === null ? [] : toToldSamples(facts, stamp, contact)),
      ...toComparison(facts, stamp),
      ...toProbeSamples(facts, stamp),
      ...toTrafficSamples(facts, stamp),
    ];
  });
}

function toToldSamples({ manifest }: HealthFacts, { id }: StampPlan, contact: StampContact): HealthSample[] {
  const health = contact.kind === 'answered' ? contact.health : null;
  const checks = health?.checks ?? [];
  const components = manifest.components.flatMap(({ name }): HealthSample[] => {
    const base = { entity: entityIds.stampComponent(id, name), signal: 'check', at: contact.at };
    // Whoever asks the agent for its word finds none: no gateway can use the component.
    if (health === null)
      return [{ ...base, state: 'unknown', reason: 'its agent does not answer', observer: ownObserver }];
    const check = checks.find((candidate) => isOwn(candidate) && candidate.component === name);
    if (check === undefined || health.state === 'unknown') return [];
    return [{ ...base, observer: entityIds.unit(`${id}-agent`), ...toToldState(check) }];
  });
  const shared = listUsedStores(manifest).map((name): HealthSample => {
    const check = checks.find((candidate) => !isOwn(candidate) && candidate.component === name);
    const base = { entity: entityIds.stamp(id), signal: `shared-${name}`, at: contact.at };
    const observer = entityIds.unit(`${id}-agent`);
    return { ...base, observer, ...(check === undefined ? { state: 'unknown' } : toToldState(check)) };
  });
  return [toReport(id, contact), ...components, ...shared];
}

function isOwn({ scope }: HealthCheck): boolean {
  return scope === 'instance' || scope === 'stamp';
}

/** An agent has confirmed what it says. */
function toToldState({ status, reason }: HealthCheck): Pick<HealthSample, 'state' | 'hard' | 'reason'> {
  if (status === 'healthy') return { state: status };
  return { state: status, hard: status === 'unhealthy', ...(reason === undefined ? {} : { reason }) };
}

/** Whether it may take traffic, as its gateways see it. */
function toReport(id: string, contact: StampContact): HealthSample {
  const base = { entity: entityIds.stamp(id), signal: 'report', at: contact.at, observer: ownObserver };
  switch (contact.kind) {
    case 'silent':
      return { ...base, state: 'unknown', reason: 'its agent does not answer' };
    case 'refused':
    case 'reset':
      return {
        ...base,
        state: 'unhealthy',
        hard: true,
        reason: `its agent's connection was ${contact.kind}`,
      };
    case 'answered': {
      const { health, status } = contact;
      if (isServing(contact)) return { ...base, state: 'healthy' };
      const reason = health === null ? `it answers ${status}` : sayWhyNot(health);
      return { ...base, state: 'unhealthy', hard: true, reason };
    }
  }
}

/** Whether a stamp's agent says that it may take traffic. */
export function isServing(contact: StampContact | null): boolean {
  if (contact?.kind !== 'answered') return false;
  const { health, status } = contact;
  if (health === null) return status === 200;
  return health.state === 'healthy' || health.state === 'degraded';
}

function sayWhyNot({ checks, state }: StampHealth): string {
  const bad = checks.filter((check) => isOwn(check) && check.status !== 'healthy');
  const said = bad.map(({ component, status, reason }) => `${component}: ${reason ?? status}`);
  return said.length === 0 ? `it says that it is ${state}` : said.join('; ');
}

function toComparison({ grayStamps, now }: HealthFacts, { id }: StampPlan): HealthSample[] {
  if (grayStamps === null) return [];
  const base = { entity: entityIds.stamp(id), signal: 'comparison', at: now, observer: ownObserver };
  if (!grayStamps.has(id)) return [{ ...base, state: 'healthy' }];
  return [{ ...base, state: 'unhealthy', reason: 'it does worse than its siblings' }];
}

/** Through the gateway of its own region. What fails at every stamp is no stamp's fault. */
function toProbeSamples(facts: HealthFacts, { id, region }: StampPlan): HealthSample[] {
  const seen = facts.observations.find((observation) => observation.region === region);
  const servesSinceMs = toServesSinceMs(facts, id);
  const probes =
    seen?.stampProbes?.filter(
      // One that was asked before it took traffic could not but fail.
      ({ stamp, ok, at }) => stamp === id && (ok || Date.parse(at) >= servesSinceMs),
    ) ?? [];
  return probes.flatMap(({ flow: name, at, ok, status, reason }): HealthSample[] => {
    const flow = facts.manifest.flows.find((candidate) => candidate.name === name);
    if (flow?.probe?.path === undefined) return [];
    const base = {
      entity: entityIds.stamp(id),
      signal: `probe-${name}`,
      at: Date.parse(at),
      observer: entityIds.unit(`observer-${region}`),
    };
    if (ok) return [{ ...base, state: 'healthy' }];
    const cause = findSuspectStore(facts, flow.path) ?? findSharedFault(facts, name, region);
    const state = status === null ? 'unknown' : 'unhealthy';
    return [
      { ...base, state, reason: reason ?? `HTTP ${status}`, ...(cause === undefined ? {} : { cause }) },
    ];
  });
}

/** Unix ms; Infinity while it is not let in yet. */
function toServesSinceMs({ shares }: HealthFacts, id: string): number {
  const standing = shares?.stamps.find((stamp) => stamp.id === id)?.standing;
  if (standing === undefined) return 0;
  return standing.kind === 'unseen' ? Infinity : Date.parse(standing.since);
}

function findSharedFault({ observations }: HealthFacts, flow: string, region: string): string | undefined {
  const of = (where?: string) =>
    observations
      .filter((observation) => where === undefined || observation.region === where)
      .flatMap(({ stampProbes = [] }) => stampProbes.filter((probe) => probe.flow === flow));
  if (of().every(({ ok }) => !ok)) return entityIds.flow(flow);
  return of(region).every(({ ok }) => !ok) ? entityIds.unit(`gateway-${region}`) : undefined;
}

function toTrafficSamples(facts: HealthFacts, { id, region }: StampPlan): HealthSample[] {
  const { observations, manifest } = facts;
  if (observations.length === 0) return [];
  const { good, bad, p99Ms } = sumWindows(observations, (window) => window.stamp === id);
  const samples = good + bad;
  const base = {
    entity: entityIds.stamp(id),
    at: Math.max(...observations.map(({ at }) => Date.parse(at))),
    samples,
    observer: entityIds.unit(`observer-${region}`),
  };
  const isBad = bad > 0 || (p99Ms ?? 0) > manifest.objectives.latencyP99Ms;
  // While the numbers are good, it would be their source's doing that they stop.
  const cause = isBad ? findSuspectStore(facts, undefined) : base.observer;
  const told = cause === undefined ? {} : { cause };
  return [
    { ...base, signal: 'errors', value: samples === 0 ? null : bad / samples, ...told },
    { ...base, signal: 'latency', value: p99Ms, ...told },
  ];
}
