import { type Environment, type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { HostStatus, hostRoutes, type UnitSpecInput, UnitStatus } from '@alwayson/protocol/units.ts';
import { request, requestStream } from './request.ts';

/**
 * A zone's host (protocol/units.ts). The CLI speaks to hosts for what must work without the control plane: to start it, to stop
 * everything, and to read logs.
 */
export interface HostClient {
  readonly zone: string;
  status(options?: { timeoutMs?: number }): Promise<HostStatus>;
  putUnit(spec: UnitSpecInput): Promise<UnitStatus>;
  /** Ends a unit in order; it is started again at once. */
  restartUnit(id: string): Promise<void>;
  /** Stops the units of this zone and the host. */
  shutdown(options: { timeoutMs: number }): Promise<void>;
  /** Witness only: the control plane, every zone, then itself. */
  shutdownAll(options: { timeoutMs: number }): Promise<void>;
  log(unit: string, options: { lines: number }): Promise<string>;
  followLog(unit: string, options: { lines: number; signal: AbortSignal }): AsyncGenerator<string>;
}

/** It is given time to end in order. */
const restartMs = 30_000;

function createHostClient(environment: Environment, zone: Zone): HostClient {
  const base = `http://${zone.address}:${zonePorts.host}`;
  const token = environment.tokens.agents;
  const logUrl = (unit: string, lines: number) => `${base}${hostRoutes.action(unit, 'log')}?lines=${lines}`;
  return {
    zone: zone.name,
    async status(options = {}) {
      const response = await request(base + hostRoutes.host, { token, ...options });
      const status = HostStatus.parse(await response.json());
      if (status.zone === zone.name) return status;
      throw new AlwaysOnError(
        'AON_UNREACHABLE',
        `${base} is the host of ${status.zone}, not of ${zone.name}.`,
      );
    },
    async putUnit(spec) {
      const response = await request(base + hostRoutes.unit(spec.id), { method: 'PUT', token, body: spec });
      return UnitStatus.parse(await response.json());
    },
    async restartUnit(id) {
      await request(base + hostRoutes.action(id, 'restart'), { method: 'POST', token, timeoutMs: restartMs });
    },
    async shutdown(options) {
      await request(base + hostRoutes.shutdown, { method: 'POST', token, ...options });
    },
    async shutdownAll(options) {
      await request(base + hostRoutes.hostsShutdown, { method: 'POST', token, ...options });
    },
    async log(unit, { lines }) {
      return (await request(logUrl(unit, lines), { token })).text();
    },
    async *followLog(unit, { lines, signal }) {
      const response = await requestStream(`${logUrl(unit, lines)}&follow=true`, { token, signal });
      if (response.body) yield* response.body.pipeThrough(new TextDecoderStream());
    },
  };
}

export function createHostClients(environment: Environment): HostClient[] {
  return environment.zones.map((zone) => createHostClient(environment, zone));
}

/** The first entry of an environment's zones is the witness. */
export function createWitnessClient(environment: Environment): HostClient {
  const [witness] = environment.zones;
  if (!witness) throw new AlwaysOnError('AON_STATE_CORRUPT', 'environment.json names no zones.');
  return createHostClient(environment, witness);
}

/** The witness host's status when it answers as this environment, else undefined. */
export async function findWitnessHost(environment: Environment): Promise<HostStatus | undefined> {
  try {
    return await createWitnessClient(environment).status({ timeoutMs: 2000 });
  } catch {
    return undefined;
  }
}
