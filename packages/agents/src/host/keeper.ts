import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { KeptHost as KeptHostStatus } from '@alwayson/protocol/units.ts';
import { type HostConfig, hostFiles } from './host-config.ts';
import { type HostLog, messageOf } from './host-log.ts';
import { createSaver, type KeptRecord, readKept, writeKept } from './host-state.ts';
import { KeptHost } from './kept-host.ts';

/** The witness's care for the hosts of all other zones. */
export class Keeper {
  readonly #config: HostConfig;
  readonly #log: HostLog;
  #hosts: KeptHost[] = [];

  constructor(config: HostConfig, log: HostLog) {
    this.#config = config;
    this.#log = log;
  }

  /** Reads what earlier witnesses kept. Only the one that holds the witness zone's port may do this. */
  open(): void {
    const config = this.#config;
    const log = this.#log;
    const file = hostFiles(config.environment, config.zone.name).keeper;
    const kept = readKept(file, (problem) => log('state.corrupt', { problem }));
    const save = createSaver(() => writeKept(file, this.#records()));
    this.#hosts = config.environment.zones
      .filter((zone) => zone.name !== config.zone.name)
      .map((zone) => new KeptHost({ config, log, save }, zone, kept[zone.name]));
  }

  /**
   * Takes over the hosts that live, and starts those that should. When none lives, everything ended together (power cut, or
   * `down`): all that were up come back. Else only a host that crashed alone does; a lost zone waits to be started.
   */
  async start(): Promise<void> {
    const dead = this.#hosts.filter((host) => !host.adopt());
    const isCold = dead.length === this.#hosts.length;
    await this.#forEach(dead, async (host) => {
      if (host.record?.wanted !== 'up') return;
      if (isCold || host.hasOrphans()) await host.start();
      else await host.markLost();
    });
    this.#log('keeper.started', { cold: isCold, hosts: this.list() });
  }

  list(): KeptHostStatus[] {
    return this.#hosts.map((host) => host.status());
  }

  async startHost(zone: string): Promise<KeptHostStatus> {
    const host = this.#host(zone);
    await host.start();
    return host.status();
  }

  async outage(zone: string): Promise<KeptHostStatus> {
    const host = this.#host(zone);
    await host.outage();
    return host.status();
  }

  async shutdown(): Promise<void> {
    await this.#forEach(this.#hosts, (host) => host.shutdown());
  }

  async #forEach(hosts: readonly KeptHost[], act: (host: KeptHost) => Promise<void>): Promise<void> {
    const tell = (host: KeptHost) => (error: unknown) =>
      this.#log('host.failed', { host: host.zone.name, error: messageOf(error) });
    await Promise.all(hosts.map((host) => act(host).catch(tell(host))));
  }

  #records(): Record<string, KeptRecord> {
    const entries = this.#hosts.map(({ zone, record }) => [zone.name, record] as const);
    return Object.fromEntries(
      entries.filter((entry): entry is [string, KeptRecord] => entry[1] !== undefined),
    );
  }

  #host(zone: string): KeptHost {
    const host = this.#hosts.find((candidate) => candidate.zone.name === zone);
    if (host !== undefined) return host;
    const names = this.#hosts.map((candidate) => candidate.zone.name).join(', ');
    throw new AlwaysOnError('AON_NOT_FOUND', `The witness keeps ${names}, not ${zone}.`);
  }
}
