import type { AlertKind } from '@alwayson/protocol/alerts.ts';
import type { EntityHealth, HealthReport } from '@alwayson/protocol/health.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { FlowSlo, SloReport } from '@alwayson/protocol/slo.ts';
import type { AlertEntity, AlertInput, FiringPair, FlowBurn } from './alert-input.ts';

interface AlertSources {
  health: Pick<HealthReport, 'entities' | 'blindObservers'>;
  /** Null while nothing was measured yet. */
  slo: Pick<SloReport, 'flows'> | null;
  manifest: Pick<Manifest, 'stores' | 'components'>;
}

/** What alerting reads of the health model and of the error budgets. */
export function toAlertInput({ health, slo, manifest }: AlertSources): AlertInput {
  const entities = new Map(health.entities.map((entity) => [entity.id, toAlertEntity(entity, manifest)]));
  for (const name of health.blindObservers) {
    const ids = [`unit:${name}`, `unit:observer-${name}`];
    const observer = ids.map((id) => entities.get(id)).find((found) => found !== undefined);
    const blind = toBlindObserver(name, observer);
    entities.set(blind.id, blind);
  }
  return { entities: [...entities.values()], burns: (slo?.flows ?? []).map(toFlowBurn) };
}

function toAlertEntity(entity: EntityHealth, manifest: AlertSources['manifest']): AlertEntity {
  const { id, kind, name, state, criticality, reason = '', rootCauses, flags } = entity;
  const bad = entity.signals.filter((signal) => signal.state === 'degraded' || signal.state === 'unhealthy');
  const values = bad.flatMap(({ name: signal, value }) => (value === null ? [] : [[signal, value] as const]));
  const alertKind = findKindOfSignals(bad.map((signal) => signal.name)) ?? toKind(entity, manifest);
  const seen = { id, kind, name, state, criticality, reason, rootCauses, flags };
  return { ...seen, alertKind, values: Object.fromEntries(values) };
}

/** It may be well itself; but what it watches is shown as it was last seen. */
function toBlindObserver(name: string, observer: AlertEntity | undefined): AlertEntity {
  const isBad = observer?.state === 'unhealthy' || observer?.state === 'degraded';
  const nobody = { id: `unit:${name}`, kind: 'unit', name, rootCauses: [], flags: [] };
  return {
    ...(observer ?? nobody),
    state: isBad ? observer.state : 'degraded',
    reason: isBad && observer.reason !== '' ? observer.reason : 'it reaches nobody',
    alertKind: 'observer-blind',
  };
}

function toFlowBurn({ name, burnRates, trickle, telemetry, state }: FlowSlo): FlowBurn {
  const pairs = burnRates.map(({ action, ...rest }): FiringPair => ({ ...rest, severity: action }));
  const few: FiringPair = { ...trickle, long: trickle.window, short: trickle.window, severity: 'ticket' };
  const isSilent = state === 'no-telemetry' && telemetry.alarm;
  return { flow: name, pairs: [...pairs, few], isSilent };
}

const signalKinds: readonly (readonly [RegExp, AlertKind])[] = [
  [/disk/i, 'disk-space'],
  [/certificate/i, 'certificate-expiry'],
  [/^shed$/, 'overloaded'],
];

/** Some signals mean the same wherever they are. */
function findKindOfSignals(names: readonly string[]): AlertKind | undefined {
  return signalKinds.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

function toKind({ kind, name, state, flags }: EntityHealth, manifest: AlertSources['manifest']): AlertKind {
  switch (kind) {
    case 'workload':
    case 'flow':
      return 'flow-unhealthy';
    case 'front-door':
      return 'gateway-not-in-force';
    case 'stamp':
      return flags.includes('gray') ? 'stamp-gray' : 'stamp-unhealthy';
    case 'region':
      return 'region-unhealthy';
    case 'zone':
    case 'host':
      return 'zone-unhealthy';
    case 'store':
    case 'store-region':
      return toStoreKind({ kind, name, state }, manifest);
    case 'component':
      return isWorker(name, manifest) ? 'worker-lagging' : 'unit-unhealthy';
    case 'stamp-component':
      return isWorker(name, manifest) ? 'worker-lagging' : 'stamp-unhealthy';
    case 'unit':
      return toUnitKind(name);
  }
}

function toStoreKind(
  { kind, name, state }: Pick<EntityHealth, 'kind' | 'name' | 'state'>,
  { stores }: AlertSources['manifest'],
): AlertKind {
  switch (stores.find((store) => name.split('/')[0] === store.name)?.kind) {
    case 'queue':
      return 'queue-degraded';
    case 'cache':
      return 'cache-gone';
    default:
      // What a region has of the database are its doors.
      if (kind === 'store-region') return 'unit-unhealthy';
      return state === 'unhealthy' ? 'database-writer-gone' : 'database-copy-gone';
  }
}

/** A component that takes no requests from outside works off what is queued. */
function isWorker(name: string, { components }: AlertSources['manifest']): boolean {
  const component = components.find((candidate) => name.split('/').at(-1) === candidate.name);
  return component?.routes.length === 0;
}

/** Ids of the units that AlwaysOn itself brings, from their beginning. */
const unitKinds: readonly (readonly [string, AlertKind])[] = [
  ['control-plane', 'control-plane-degraded'],
  ['gateway-', 'gateway-not-in-force'],
  ['observer-', 'observer-blind'],
  ['queue-', 'queue-degraded'],
  ['cache-', 'cache-gone'],
  ['pg-', 'database-copy-gone'],
];

function toUnitKind(name: string): AlertKind {
  return unitKinds.find(([start]) => name.startsWith(start))?.[1] ?? 'unit-unhealthy';
}
