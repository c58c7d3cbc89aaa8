import { type Environment, witnessRegion } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { hostRoutes, TaskRequest, TaskResult, UnitStatus } from '@alwayson/protocol/units.ts';
import { createHostClient, type HostRequest } from './host-client.ts';
import type { Placement } from './placement.ts';
import { watchZone } from './zone-watch.ts';

/** Longest that a host takes for a request: graceful ends and readiness included. */
const requestMs = 120_000;
/** A task has its own limit; this is for the way there and back. */
const taskMarginMs = 10_000;

/**
 * Units in host processes, one host per zone, reached over HTTP at the zone's address. Each host is followed by a long poll:
 * `observe` answers from memory, and a listener hears of a change as soon as the host knows it.
 */
export function createHostPlacement({ environment }: { environment: Environment }): Placement & {
  close(): Promise<void>;
} {
  const hosts = createHosts(environment);
  const { send } = hosts;
  const unit = async (zone: string, request: Request) =>
    UnitStatus.parse(JSON.parse(await send(zone, request)));
  const witness = environment.zones.find((zone) => zone.region === witnessRegion)?.name ?? '';

  return {
    zones: environment.zones.map((zone) => zone.name),
    observe: hosts.observe,
    onChange: hosts.onChange,
    close: hosts.close,
    apply: (zone, spec) => unit(zone, { method: 'PUT', path: hostRoutes.unit(spec.id), body: spec }),
    act: (zone, id, action) => unit(zone, { method: 'POST', path: hostRoutes.action(id, action) }),
    async task(zone, id, { signal, ...request }) {
      const timeoutMs = TaskRequest.parse(request).timeoutMs + taskMarginMs;
      const path = hostRoutes.action(id, 'tasks');
      const ends = signal === undefined ? {} : { signal };
      const text = await send(zone, { method: 'POST', path, body: request, timeoutMs, ...ends });
      return TaskResult.parse(JSON.parse(text));
    },
    async remove(zone, id, { purge }) {
      await send(zone, { method: 'DELETE', path: `${hostRoutes.unit(id)}?purge=${purge}` });
    },
    log(zone, id, { lines }) {
      return send(zone, { method: 'GET', path: `${hostRoutes.action(id, 'log')}?lines=${lines}` });
    },
    async startZone(zone) {
      await send(witness, { method: 'POST', path: hostRoutes.hostStart(zone) });
    },
    async outageZone(zone) {
      const path = zone === witness ? hostRoutes.outage : hostRoutes.hostOutage(zone);
      await send(witness, { method: 'POST', path });
    },
  };
}

type Request = Omit<HostRequest, 'timeoutMs'> & { timeoutMs?: number };

/** The connection to every zone's host: what is known of it, and how to ask it. */
function createHosts(environment: Environment) {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const zones = new Map(
    environment.zones.map((zone) => {
      const client = createHostClient(zone, environment.tokens.agents);
      return [zone.name, { client, watch: watchZone(zone.name, client, tell) }] as const;
    }),
  );
  const zoneOf = (name: string) => {
    const zone = zones.get(name);
    if (zone !== undefined) return zone;
    throw new AlwaysOnError('AON_NOT_FOUND', `This environment has no zone ${name}.`);
  };
  return {
    observe: (zone: string) => zoneOf(zone).watch.observation(),
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async send(zone: string, request: Request): Promise<string> {
      const { client, watch } = zoneOf(zone);
      const signals = [watch.lost(), ...(request.signal === undefined ? [] : [request.signal])];
      return client.send({ timeoutMs: requestMs, ...request, signal: AbortSignal.any(signals) });
    },
    async close() {
      await Promise.all([...zones.values()].map(({ watch }) => watch.close()));
      for (const { client } of zones.values()) client.close();
    },
  };
}
