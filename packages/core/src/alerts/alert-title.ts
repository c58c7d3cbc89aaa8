import type { AlertKind } from '@alwayson/protocol/alerts.ts';
import type { State } from '@alwayson/protocol/words.ts';

type Title = (name: string, state: State) => string;

const titles: Readonly<Record<AlertKind, Title>> = {
  'stamp-unhealthy': (name, state) => `Stamp ${name} is ${state}`,
  'stamp-gray': (name) => `Stamp ${name} serves worse than its siblings`,
  'zone-unhealthy': (name, state) => `Zone ${name} is ${state}`,
  'region-unhealthy': (name, state) => `Region ${name} is ${state}`,
  'database-writer-gone': (name) => `Database ${name} does not take writes`,
  'database-copy-gone': (name, state) => `Database copy ${name} is ${state}`,
  'queue-degraded': (name, state) => `Queue ${name} is ${state}`,
  'cache-gone': (name, state) => `Cache ${name} is ${state}`,
  'worker-lagging': (name, state) => `Worker ${name} is ${state}`,
  'gateway-not-in-force': (name, state) => `Gateway ${name} is ${state}`,
  'observer-blind': (name, state) =>
    state === 'unknown' ? `Nothing is known of what ${name} covers` : `Observer ${name} is ${state}`,
  'error-budget-burning': (name) => `The error budget of flow ${name} burns`,
  overloaded: (name) => `Requests of ${name} are refused for lack of capacity`,
  'flow-unhealthy': (name, state) => `Flow ${name} is ${state}, and no cause is known`,
  'disk-space': (name) => `Disk space of ${name} runs out`,
  'certificate-expiry': (name) => `A certificate of ${name} expires`,
  'control-plane-degraded': (name, state) => `The control plane ${name} is ${state}`,
  'unit-unhealthy': (name, state) => `${name} is ${state}`,
};

export function toAlertTitle(kind: AlertKind, name: string, state: State): string {
  return titles[kind](name, state);
}
