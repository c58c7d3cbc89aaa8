import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { Name } from '@alwayson/protocol/words.ts';

export interface RouteZone {
  name: string;
  region: string;
  address: string;
}

const stampId = /^[a-z0-9][a-z0-9-]{0,80}$/;
/** Printable ASCII without blanks: all that may stand in the path of an HTTP request. */
const pathText = /^\/[\x21-\x7e]*$/;
const method = /^[A-Z]{1,20}$/;

/** Why a gateway must not run this record, in sentences; empty when it may. */
export function findRouteFaults(record: RouteRecord, zones: readonly RouteZone[]): string[] {
  return [
    ...findDuplicates(
      'Stamp',
      record.stamps.map((stamp) => stamp.id),
    ),
    ...findDuplicates(
      'Component',
      record.components.map((component) => component.name),
    ),
    ...findDuplicates(
      'Route',
      record.components.flatMap((component) => component.routes),
    ),
    ...record.stamps.flatMap((stamp) => findStampFaults(stamp, zones)),
    ...findNameFaults(record),
    ...findLimitFaults(record),
    ...record.components.flatMap((component) => findShareFaults(component.name, record.stamps)),
    ...findFlowFaults('detour', record.detours, record),
    ...findFlowFaults('refusal', record.shed, record),
    ...findPoolFaults(record),
  ];
}

function findDuplicates(what: string, names: readonly string[]): string[] {
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return [...repeated].map((name) => `${what} ${name} is named twice.`);
}

function findStampFaults(stamp: RouteStamp, zones: readonly RouteZone[]): string[] {
  if (!stampId.test(stamp.id))
    return [`Stamp ${JSON.stringify(stamp.id)} has a name that HAProxy cannot carry.`];
  const zone = zones.find((candidate) => candidate.name === stamp.zone);
  if (zone === undefined)
    return [`Stamp ${stamp.id} is in zone ${stamp.zone}, which this environment does not have.`];
  const faults: string[] = [];
  if (zone.region !== stamp.region)
    faults.push(`Stamp ${stamp.id}: zone ${zone.name} is not in region ${stamp.region}.`);
  if (zone.address !== stamp.address)
    faults.push(`Stamp ${stamp.id}: ${stamp.address} is not the address of ${zone.name}.`);
  for (const [name, port] of [['health', stamp.healthPort] as const, ...Object.entries(stamp.ports)]) {
    if (port < 1 || port > 65_535) faults.push(`Stamp ${stamp.id}: port ${port} of ${name} is not 1..65535.`);
  }
  return faults;
}

function findNameFaults(record: RouteRecord): string[] {
  const names = [...record.components, ...record.flows].map((entry) => entry.name);
  const routes = record.components.flatMap((component) => component.routes);
  const requests = record.flows.flatMap((flow) => flow.requests);
  return [
    ...names
      .filter((name) => !Name.safeParse(name).success)
      .map((name) => `${JSON.stringify(name)} is not a valid name.`),
    ...[...routes, ...requests.map((request) => request.path)]
      .filter((path) => !pathText.test(path))
      .map((path) => `${JSON.stringify(path)} is not a path.`),
    ...requests
      .flatMap((request) => request.methods)
      .filter((name) => !method.test(name))
      .map((name) => `${JSON.stringify(name)} is not an HTTP method.`),
  ];
}

function findLimitFaults({ limits }: RouteRecord): string[] {
  const wrong = Object.entries(limits).filter(([, value]) => !(value > 0));
  return wrong.map(([name, value]) => `The limit ${name} must be above 0, not ${value}.`);
}

function findShareFaults(component: string, stamps: readonly RouteStamp[], where = ''): string[] {
  const able = stamps.filter((stamp) => stamp.ports[component] !== undefined && stamp.state === 'ready');
  return able.some((stamp) => stamp.weight > 0)
    ? []
    : [`No ready stamp with a weight above 0 would serve ${component}${where}.`];
}

/** The names of flows reach HAProxy's command line, so only those of the record will do. */
function findFlowFaults(
  what: string,
  entries: readonly { flow: string }[] = [],
  { flows }: Pick<RouteRecord, 'flows'>,
): string[] {
  const names = entries.map(({ flow }) => flow);
  const unknown = names.filter((name) => !flows.some((flow) => flow.name === name));
  return [
    ...findDuplicates(`The ${what} of`, names),
    ...unknown.map((name) => `A ${what} is for ${JSON.stringify(name)}, which is no flow of the record.`),
  ];
}

function findPoolFaults({ pools = [], components, stamps }: RouteRecord): string[] {
  const gateways = pools.map(({ gateway }) => gateway);
  return [
    ...findDuplicates('The pool of gateway', gateways),
    ...pools.flatMap(({ gateway, weights }) => {
      const shared = stamps.map((stamp) => ({ ...stamp, weight: weights[stamp.id] ?? stamp.weight }));
      return components.flatMap(({ name }) => findShareFaults(name, shared, ` behind gateway ${gateway}`));
    }),
  ];
}
