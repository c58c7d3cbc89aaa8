import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { probeEveryMs, type ProbeResult } from '@alwayson/protocol/observation.ts';
import { type HealthFacts, ownObserver } from './health-facts.ts';
import { findSuspectStamp, findSuspectStore } from './suspect-causes.ts';

type Flow = Manifest['flows'][number];

/** Probes through the front door and what users got are every observer's: they are heard as one. */
const observer = 'observers';
/** One failed write may be an accident; it is made again soon. */
const failedWritesMin = 2;
/** Three rounds: an older result is none. */
const readFreshMs = 3 * probeEveryMs.flow;
const writeFreshMs = 3 * probeEveryMs.write;

/** Flows as they look from outside, and how old the work is that waits for the ones nobody sees. */
export function toFlowSamples(facts: HealthFacts): HealthSample[] {
  return facts.manifest.flows.flatMap((flow) => [
    ...toProbeSample(facts, flow),
    ...toTrafficSamples(facts, flow),
    ...toShedSample(facts, flow),
    ...toBacklogSample(facts, flow),
  ]);
}

function toProbeSample(facts: HealthFacts, flow: Flow): HealthSample[] {
  const { observations, now } = facts;
  if (flow.probe === undefined) return [];
  const pick = (results: readonly ProbeResult[] | undefined, freshMs: number) =>
    results?.find((probe) => probe.flow === flow.name && now - Date.parse(probe.at) <= freshMs);
  const seen = observations
    .map((each) => ({ read: pick(each.probes, readFreshMs), write: pick(each.writeProbes, writeFreshMs) }))
    .filter(({ read, write }) => (flow.probe?.path === undefined ? write : read) !== undefined);
  if (seen.length === 0) return [];
  const failed = seen.flatMap(({ read, write }) => {
    if (read?.ok === false) return [read];
    const isWriteBad = write?.ok === false && (read === undefined || write.streak >= failedWritesMin);
    return isWriteBad ? [write] : [];
  });
  const times = seen.map(({ read, write }) => Date.parse((read ?? write)?.at ?? ''));
  const base = { entity: entityIds.flow(flow.name), signal: 'probe', at: Math.max(...times), observer };
  const [first] = failed;
  if (first === undefined) return [{ ...base, state: 'healthy' }];
  const state = failed.length === seen.length ? 'unhealthy' : 'degraded';
  const where = state === 'unhealthy' ? 'everywhere' : 'one region';
  const reason = `seen from ${where}: ${first.reason ?? 'failing'}`;
  const cause = findSuspectStore(facts, flow.path);
  return [{ ...base, state, reason, ...(cause === undefined ? {} : { cause }) }];
}

function toTrafficSamples(facts: HealthFacts, flow: Flow): HealthSample[] {
  const { observations } = facts;
  const [source] = observations;
  if (flow.requests.length === 0 || source === undefined) return [];
  const counters = observations
    .flatMap(({ flows }) => flows.filter((counted) => counted.flow === flow.name))
    .map(({ recent }) => recent);
  const bad = counters.reduce((sum, recent) => sum + recent.bad, 0);
  const samples = counters.reduce((sum, recent) => sum + recent.good, bad);
  const p99s = counters.flatMap(({ p99Ms }) => p99Ms ?? []);
  const p99Ms = p99s.length === 0 ? null : Math.max(...p99s);
  const isBad = bad > 0 || (p99Ms ?? 0) > flow.objective.latencyP99Ms;
  const cause = isBad
    ? (findSuspectStore(facts, flow.path) ?? findSuspectStamp(facts, flow.name))
    : entityIds.unit(`observer-${source.region}`);
  const base = {
    entity: entityIds.flow(flow.name),
    at: Math.max(...observations.map(({ at }) => Date.parse(at))),
    samples,
    observer,
    ...(cause === undefined ? {} : { cause }),
  };
  return [
    { ...base, signal: 'errors', value: samples === 0 ? null : bad / samples },
    { ...base, signal: 'latency', value: p99Ms },
  ];
}

/** What is refused of it, and who is to blame: a stamp that does not carry its part, or nobody but the demand, told once. */
function toShedSample({ shares, now }: HealthFacts, { name, requests, criticality }: Flow): HealthSample[] {
  if (shares === null || requests.length === 0 || criticality === 'high') return [];
  const part = shares.refused.find(({ flow }) => flow === name)?.part ?? 0;
  const entity = entityIds.flow(name);
  const base = { entity, signal: 'shed', at: now, value: part, samples: 1, observer: ownObserver };
  if (part === 0) return [base];
  const bad = shares.stamps.find(({ class: found }) => found === 'hard' || found === 'soft');
  const [first] = shares.refused;
  const cause = bad === undefined ? entityIds.flow(first?.flow ?? name) : entityIds.stamp(bad.id);
  const lack = `${Math.round(shares.demand)} requests/s are asked of ${Math.round(shares.capacity)}`;
  const reason = `${Math.round(part * 100)} % are refused: ${lack}`;
  return [{ ...base, reason, ...(cause === entity ? {} : { cause }) }];
}

/** Of the region that is furthest behind. */
function toBacklogSample(facts: HealthFacts, { name, kind, path }: Flow): HealthSample[] {
  const { stores } = facts.manifest;
  const isFed = stores.some((store) => store.kind === 'queue' && path.includes(store.name));
  if (kind !== 'system' || !isFed) return [];
  const seen = facts.queues.flatMap(({ oldestAgeMs, oldestAgeAt }) =>
    oldestAgeMs === undefined || oldestAgeAt === undefined
      ? []
      : [{ ageMs: oldestAgeMs, at: Date.parse(oldestAgeAt) }],
  );
  const base = { entity: entityIds.flow(name), signal: 'backlog-age', observer: ownObserver };
  if (seen.length === 0) return [{ ...base, at: facts.now, value: null }];
  const cause = findSuspectStore(facts, path);
  return [
    {
      ...base,
      at: Math.max(...seen.map(({ at }) => at)),
      value: Math.max(...seen.map(({ ageMs }) => ageMs)),
      samples: 1,
      ...(cause === undefined ? {} : { cause }),
    },
  ];
}
