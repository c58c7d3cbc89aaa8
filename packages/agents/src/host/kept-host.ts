import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDoomed } from '@alwayson/engines/process/identity.ts';
import {
  adoptProcess,
  type ProcessExit,
  type SupervisedProcess,
  spawnProcess,
} from '@alwayson/engines/process/supervised-process.ts';
import { type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { hostRoutes, type KeptHost as KeptHostStatus } from '@alwayson/protocol/units.ts';
import { createBackoff } from './backoff.ts';
import { baseEnvironment, type HostConfig, hostFiles } from './host-config.ts';
import { type HostLog, messageOf } from './host-log.ts';
import { type KeptRecord, peekRunning, readHost } from './host-state.ts';
import { powerOffZone } from './zone-power.ts';

/** Looks at a dead host's units, and the time between them, before they count as having outlived it. */
const looks = 3;
const lookEveryMs = 50;
const listenDeadlineMs = 15_000;
const shutdownDeadlineMs = 120_000;
/** Time for a host to end itself once its units are down. */
const exitDeadlineMs = 5000;
/** A host that lived this long had started well. */
const steadyAfterMs = 30_000;

export interface KeptHostContext {
  config: HostConfig;
  log: HostLog;
  /** Makes the records of all kept hosts durable. */
  save(): Promise<void>;
}

/**
 * The host of one other zone, as the witness keeps it. It may use pids, being on the same machine: it is the machine's power
 * button. What is asked of it is done one after another.
 */
export class KeptHost {
  readonly zone: Zone;
  readonly #context: KeptHostContext;
  readonly #files: ReturnType<typeof hostFiles>;
  readonly #backoff = createBackoff();
  #record: KeptRecord | undefined;
  #process: SupervisedProcess | undefined;
  /** Its end is ours: it does not count as a crash. */
  #ending = false;
  #line: Promise<unknown> = Promise.resolve();

  constructor(context: KeptHostContext, zone: Zone, record: KeptRecord | undefined) {
    this.zone = zone;
    this.#context = context;
    this.#record = record;
    this.#files = hostFiles(context.config.environment, zone.name);
  }

  get record(): KeptRecord | undefined {
    return this.#record;
  }

  status(): KeptHostStatus {
    const pid = this.#process?.identity.pid ?? null;
    return { zone: this.zone.name, alive: pid !== null, pid };
  }

  /** Takes over a host that an earlier witness started. False when there is none. */
  adopt(): boolean {
    const host = readHost(this.#files.host);
    if (host === undefined || isDoomed(host)) return false;
    this.#record ??= { wanted: 'up', lost: false };
    this.#watch(adoptProcess(host));
    return true;
  }

  /** Units of it run although it does not: it crashed alone. */
  hasOrphans(): boolean {
    return peekRunning(this.#files.running).some((record) => !isDoomed(record));
  }

  /** Starts it if it does not run; resolves when it listens. Throws AON_UNIT_START_FAILED. */
  start(): Promise<void> {
    return this.#inLine(async () => {
      if (this.#ending) throw new AlwaysOnError('AON_NOT_RUNNING', 'The environment is shutting down.');
      await this.#keep({ wanted: 'up', lost: false });
      if (this.#process === undefined) await this.#spawn();
    });
  }

  outage(): Promise<void> {
    return this.#inLine(async () => {
      await this.#keep({ wanted: 'down', lost: false });
      await this.#powerOff();
    });
  }

  /** Asks it to stop its units and itself; what has not ended by the deadline is killed. It stays wanted for the next time. */
  shutdown(): Promise<void> {
    this.#ending = true;
    return this.#inLine(async () => {
      if (this.#process !== undefined) await this.#askToShutDown(this.#process);
      await this.#powerOff();
    });
  }

  async markLost(): Promise<void> {
    if (this.#record !== undefined) await this.#keep({ ...this.#record, lost: true });
  }

  async #spawn(): Promise<void> {
    const { config, log } = this.#context;
    await mkdir(this.#files.dir, { recursive: true });
    const host = await spawnProcess({
      // It allocates little: a small young generation keeps an idle host about 10 % smaller.
      command: [process.execPath, '--max-semi-space-size=1', join(import.meta.dirname, 'main.ts')],
      cwd: config.environment.stateDir,
      env: {
        ...baseEnvironment(),
        ALWAYSON_ENVIRONMENT: config.environmentFile,
        ALWAYSON_ZONE: this.zone.name,
        NODE_COMPILE_CACHE:
          process.env.NODE_COMPILE_CACHE ?? join(config.environment.stateDir, 'cache', 'node'),
        NODE_ENV: 'production',
      },
      logFile: this.#files.log,
      detached: true,
    });
    this.#watch(host);
    const { pid } = host.identity;
    const listens = () => readHost(this.#files.host)?.pid === pid;
    const deadline = performance.now() + listenDeadlineMs;
    while (this.#process === host && !listens() && performance.now() < deadline) await sleep(25);
    if (!listens()) {
      const message = `The host of zone ${this.zone.name} did not start; ${this.#files.log} tells why.`;
      throw new AlwaysOnError('AON_UNIT_START_FAILED', message);
    }
    log('host.started', { host: this.zone.name, pid });
  }

  #watch(process: SupervisedProcess): void {
    this.#process = process;
    const since = performance.now();
    void process.exited.then((exit) => {
      if (performance.now() - since >= steadyAfterMs) this.#backoff.reset();
      this.#ended(process, exit);
    });
  }

  #ended(process: SupervisedProcess, exit: ProcessExit): void {
    this.#process = undefined;
    const { log } = this.#context;
    log('host.ended', { host: this.zone.name, pid: process.identity.pid, ...exit, asked: this.#ending });
    if (this.#ending) return;
    this.#inLine(() => this.#revive()).catch((error: unknown) => {
      log('host.failed', { host: this.zone.name, error: messageOf(error) });
    });
  }

  /** A host that crashed alone comes back at once and adopts its units. A zone that ended as a whole is a lost machine. */
  async #revive(): Promise<void> {
    if (this.#process !== undefined || this.#ending || this.#record?.wanted !== 'up') return;
    for (let look = 0; look < looks; look += 1) {
      if (!this.hasOrphans()) {
        await this.markLost();
        await this.#powerOff(); // nothing of a lost machine may live on
        this.#context.log('zone.lost', { host: this.zone.name });
        return;
      }
      await sleep(lookEveryMs);
    }
    await sleep(this.#backoff.next());
    await this.#spawn();
  }

  async #askToShutDown(process: SupervisedProcess): Promise<void> {
    const { tokens } = this.#context.config.environment;
    const url = `http://${this.zone.address}:${zonePorts.host}${hostRoutes.shutdown}`;
    const headers = { authorization: `Bearer ${tokens.agents}` };
    const signal = AbortSignal.timeout(shutdownDeadlineMs);
    const asked = fetch(url, { method: 'POST', headers, signal })
      .then(() => sleep(exitDeadlineMs, undefined, { ref: false }))
      .catch((error: unknown) => {
        this.#context.log('host.silent', { host: this.zone.name, error: messageOf(error) });
      });
    // Its exit is the answer that counts.
    await Promise.race([process.exited, asked]);
  }

  async #powerOff(): Promise<void> {
    const process = this.#process;
    const before = this.#ending;
    this.#ending = true;
    try {
      await powerOffZone(this.#context.config.environment, this.zone.name, process?.identity);
      await process?.exited;
    } finally {
      this.#ending = before;
    }
  }

  /** What cannot be saved holds for this life of the witness, and is told. */
  async #keep(record: KeptRecord): Promise<void> {
    this.#record = record;
    await this.#context.save().catch((error: unknown) => {
      this.#context.log('keeper.not-saved', { host: this.zone.name, error: messageOf(error) });
    });
  }

  #inLine<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(act);
    this.#line = turn.catch(() => {});
    return turn;
  }
}
