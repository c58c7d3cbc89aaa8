import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { CompositeFactor } from '@alwayson/protocol/slo.ts';
import { toRedundant, toSerial } from './redundancy.ts';
import { toRatio } from './to-ratio.ts';

type Flow = Manifest['flows'][number];
type Store = Manifest['stores'][number];
type DependencyKind = Manifest['dependencies'][number]['kind'];

export interface CompositeSlo {
  /** 0..1, the product of the factors. */
  availability: number;
  factors: CompositeFactor[];
  /** What has no factor, and why. */
  omitted: string[];
}

const yearSeconds = 365 * 86_400;

/**
 * What a flow can be expected to reach, from the manifest's arithmetic (health.md section 2): gateways x stamps x hard stores x
 * (1 - failover loss) x code x configuration x operations x what lies outside.
 */
export function toCompositeSlo(manifest: Manifest, flow: Flow): CompositeSlo {
  const assumed = toRatios(manifest);
  const path = [...new Set(flow.path)].map((name) => ({ name, kind: findKind(manifest, flow, name) }));
  const components = path
    .filter(({ name, kind }) => kind === 'hard' && manifest.components.some((each) => each.name === name))
    .map(({ name }) => name);
  // Behind an asynchronous edge stands a queue, and the enqueuing is needed.
  const enqueues = path.some(({ kind }) => kind === 'async');
  const stores = manifest.stores.filter(
    (store) =>
      (store.kind === 'queue' && enqueues) ||
      path.some(({ name, kind }) => name === store.name && kind === 'hard'),
  );
  const factors = [
    ...toGatewayFactor(manifest, flow),
    ...toStampFactor(manifest, components),
    ...stores.map((store) => toStoreFactor(manifest, flow, store)),
    ...toStartupFactors(manifest, flow).filter(({ name }) => !stores.some((store) => store.name === name)),
    toFailoverFactor(manifest),
    toPlainFactor('code', assumed.code, 'defects of the code'),
    toPlainFactor('configuration', assumed.configuration, 'faulty configuration'),
    toPlainFactor('operations', assumed.operations, 'deployments and the work of people'),
    toPlainFactor('external', assumed.external, 'what the workload needs outside itself'),
  ];
  return {
    availability: toSerial(factors.map(({ availability }) => availability)),
    factors,
    omitted: path.flatMap(({ name, kind }) => explainOmission(name, kind)),
  };
}

function toRatios({ assumptions }: Manifest) {
  return {
    component: toRatio(assumptions.componentAvailability),
    gateway: toRatio(assumptions.gatewayAvailability),
    store: toRatio(assumptions.storeAvailability),
    code: toRatio(assumptions.codeAvailability),
    configuration: toRatio(assumptions.configurationAvailability),
    operations: toRatio(assumptions.operationsAvailability),
    external: toRatio(assumptions.externalAvailability),
    commonCause: toRatio(assumptions.commonCausePercent),
  };
}

/** The strongest of what the flow's own path declares; who is on the path without an edge is needed. */
function findKind(manifest: Manifest, flow: Flow, name: string): DependencyKind {
  const kinds = manifest.dependencies
    .filter((edge) => edge.to === name && flow.path.includes(edge.from))
    .map(({ kind }) => kind);
  const order = ['hard', 'async', 'startup', 'soft', 'control'] as const;
  return order.find((kind) => kinds.includes(kind)) ?? 'hard';
}

function toPlainFactor(name: string, availability: number, explanation: string): CompositeFactor {
  return { name, availability, explanation };
}

/** What the system does by itself passes no gateway. */
function toGatewayFactor(manifest: Manifest, flow: Flow): CompositeFactor[] {
  if (flow.kind === 'system' && flow.requests.length === 0) return [];
  const { gateway, commonCause } = toRatios(manifest);
  const instances = manifest.regions.length;
  return [
    {
      name: 'gateways',
      availability: toRedundant(gateway, { needed: 1, instances, commonCause }),
      explanation: `1 of ${instances} gateways at ${toPercent(gateway)}, ${describeCommonCause(manifest)}`,
    },
  ];
}

function toStampFactor(manifest: Manifest, components: readonly string[]): CompositeFactor[] {
  if (components.length === 0) return [];
  const { component, commonCause } = toRatios(manifest);
  const instances = manifest.regions.reduce((sum, region) => sum + region.zones, 0);
  const { needed, why } = countNeededStamps(manifest, components, instances);
  const stamp = toSerial(components.map(() => component));
  return [
    {
      name: 'stamps',
      availability: toRedundant(stamp, { needed, instances, commonCause }),
      explanation: `${needed} of ${instances} stamps (${why}), each with ${components.join(', ')} at ${toPercent(stamp)}, ${describeCommonCause(manifest)}`,
    },
  ];
}

function countNeededStamps(manifest: Manifest, components: readonly string[], instances: number) {
  const peak = manifest.assumptions.peakRequestsPerSecond;
  if (peak === undefined) {
    return { needed: instances - 1, why: 'no peak load is declared: all but one' };
  }
  const capacity = Math.min(
    ...manifest.components
      .filter(({ name }) => components.includes(name))
      .map((each) => each.capacity.requestsPerSecond),
  );
  const needed = Math.ceil(peak / capacity);
  return { needed, why: `${peak} requests/s at the peak, ${capacity} each` };
}

/** Copies in two zones stand in for each other; where each region has its own store, regions do too. */
function toStoreFactor(manifest: Manifest, flow: Flow, store: Store): CompositeFactor {
  const { store: copy, commonCause } = toRatios(manifest);
  const replicated = store.durability === 'replicated' && store.kind !== 'cache';
  const needed = store.whenCopyLost === 'refuse' ? 2 : 1;
  const instances = replicated ? 2 : 1;
  const own = replicated ? toRedundant(copy, { needed, instances, commonCause }) : copy;
  const copies = replicated
    ? `${needed} of 2 copies at ${toPercent(copy)}`
    : `one copy at ${toPercent(copy)}`;
  const scope = findScope(manifest, flow, store);
  const regions = scope === 'region' ? manifest.regions.length : 1;
  const where = {
    region: `in any of ${regions} regions`,
    global: 'one for all regions',
    stamp: 'one in every stamp, counted once',
  }[scope];
  return {
    name: store.name,
    availability: toRedundant(own, { needed: 1, instances: regions, commonCause }),
    explanation: `${copies}, ${where}, ${describeCommonCause(manifest)}`,
  };
}

function findScope(manifest: Manifest, flow: Flow, store: Store): 'stamp' | 'region' | 'global' {
  const scopes = manifest.dependencies
    .filter((edge) => edge.to === store.name && flow.path.includes(edge.from))
    .map(({ scope }) => scope);
  const byKind = store.kind === 'relational' ? 'global' : 'region';
  return (['global', 'stamp', 'region'] as const).find((scope) => scopes.includes(scope)) ?? byKind;
}

/** Needed only while something starts: its absence counts for that part of the time. */
function toStartupFactors(manifest: Manifest, flow: Flow): CompositeFactor[] {
  const exposure = toRatio(manifest.assumptions.startupExposurePercent);
  const { store, component } = toRatios(manifest);
  const names = manifest.dependencies
    .filter((edge) => edge.kind === 'startup' && flow.path.includes(edge.from))
    .map(({ to }) => to)
    .filter((name) => !flow.path.includes(name) || findKind(manifest, flow, name) === 'startup');
  return [...new Set(names)].map((name) => {
    const availability = manifest.stores.some((each) => each.name === name) ? store : component;
    return {
      name,
      availability: 1 - exposure * (1 - availability),
      explanation: `${toPercent(availability)}, needed only at a start: ${toPercent(exposure)} of the time`,
    };
  });
}

function toFailoverFactor({ assumptions }: Manifest): CompositeFactor {
  const { failoversPerYear, failoverSeconds, failoverSharePercent } = assumptions;
  const loss = (failoversPerYear * failoverSeconds * (failoverSharePercent / 100)) / yearSeconds;
  return {
    name: 'failover',
    availability: Math.max(0, 1 - loss),
    explanation: `${failoversPerYear} failovers a year of ${failoverSeconds} s for ${failoverSharePercent} % of the requests`,
  };
}

function explainOmission(name: string, kind: DependencyKind): string[] {
  switch (kind) {
    case 'soft':
      return [`${name}: soft, the flow goes on without it, degraded`];
    case 'async':
      return [`${name}: asynchronous, only the enqueuing counts`];
    case 'control':
      return [`${name}: no request needs it`];
    case 'hard':
    case 'startup':
      return [];
  }
}

function describeCommonCause({ assumptions }: Manifest): string {
  return `${assumptions.commonCausePercent} % of failures are shared`;
}

function toPercent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(5))} %`;
}
