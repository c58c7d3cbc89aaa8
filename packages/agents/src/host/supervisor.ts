import { chmodSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { boundLog } from '@alwayson/engines/process/bounded-log.ts';
import { isRunning } from '@alwayson/engines/process/identity.ts';
import { killMarked } from '@alwayson/engines/process/marked-processes.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { HostStatus, UnitSpec, UnitStatus } from '@alwayson/protocol/units.ts';
import type { UnitKind } from '@alwayson/protocol/words.ts';
import { ChangeFeed } from './change-feed.ts';
import { type HostConfig, hostFiles, taskMark } from './host-config.ts';
import { type HostLog, messageOf } from './host-log.ts';
import { type ResourceWatch, watchResources } from './host-resources.ts';
import {
  createSaver,
  type RunningRecord,
  readDesired,
  readRunning,
  writeDesired,
  writeRunning,
} from './host-state.ts';
import { Unit, type UnitContext } from './unit.ts';
import { type MemoryWatch, watchMemory } from './unit-memory.ts';
import { unitDir, unitLogFile } from './unit-process.ts';

const unitsMax = 200;
const boundLogsEveryMs = 5000;

/** All units of one zone: what is desired of them, on disk, and what runs. */
export class Supervisor {
  readonly config: HostConfig;
  readonly feed = new ChangeFeed();
  readonly #log: HostLog;
  readonly #files: ReturnType<typeof hostFiles>;
  readonly #units = new Map<string, Unit>();
  /** Processes of earlier hosts that no unit has claimed: their specs were lost with a damaged file. */
  readonly #unclaimed = new Map<string, RunningRecord>();
  readonly #removed = new Set<string>();
  readonly #problems: string[] = [];
  readonly #context: UnitContext;
  readonly #startedAt = new Date().toISOString();
  #resources: ResourceWatch | undefined;
  #memory: MemoryWatch | undefined;
  #boundLogs: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(config: HostConfig, log: HostLog) {
    this.config = config;
    this.#log = log;
    this.#files = hostFiles(config.environment, config.zone.name);
    this.#context = {
      config,
      log,
      changed: () => this.feed.changed(),
      saveDesired: createSaver(() => this.#saveDesired()),
      saveRunning: () => this.#saveRunning(),
      refused: (id) => this.#units.delete(id),
    };
  }

  /** Reads what earlier hosts left and takes over what lives. Only the one host that holds the zone's port may do this. */
  open(): void {
    makeFolders(this.#files);
    this.#inherit();
    void this.#boundAllLogs();
    this.#resources = watchResources({
      folder: this.config.environment.stateDir,
      pids: () => [process.pid, ...this.status().units.flatMap(({ pid }) => pid ?? [])],
      onNews: () => this.feed.changed(),
    });
    this.#memory = watchMemory(() => this.#components().flatMap((unit) => unit.status().pid ?? []));
  }

  status(): HostStatus {
    const { environment, zone } = this.config;
    const resources = this.#resources?.current();
    return {
      environment: environment.name,
      zone: zone.name,
      region: zone.region,
      pid: process.pid,
      startedAt: this.#startedAt,
      version: this.feed.version,
      units: [...this.#units.values()].map((unit) => this.#withMemory(unit.status())),
      ...(this.#problems.length === 0 ? {} : { problems: this.#problems }),
      ...(resources === undefined ? {} : { resources }),
    };
  }

  #components(): Unit[] {
    return [...this.#units.values()].filter(({ spec }) => spec.kind === 'component');
  }

  #withMemory(status: UnitStatus): UnitStatus {
    const memoryBytes = status.pid === null ? undefined : this.#memory?.bytesOf(status.pid);
    return memoryBytes === undefined ? status : { ...status, memoryBytes };
  }

  /** Throws AON_NOT_FOUND. */
  unit(id: string): Unit {
    const unit = this.#units.get(id);
    if (unit !== undefined) return unit;
    throw new AlwaysOnError('AON_NOT_FOUND', `Zone ${this.config.zone.name} has no unit ${id}.`);
  }

  /** Brings units to what is desired, lower start orders first; each order waits for the one before it to be ready. */
  async start(): Promise<void> {
    const { environment, zone } = this.config;
    // Nobody waits for the tasks of an earlier host any more.
    await killMarked(taskMark(environment, zone.name)).catch((error: unknown) => {
      this.#log('task.not-ended', { error: messageOf(error) });
    });
    for (const units of this.#byOrder()) await this.#forEach(units, (unit) => unit.settle());
  }

  async apply(spec: UnitSpec): Promise<UnitStatus> {
    this.#assertOpen();
    const known = this.#units.get(spec.id);
    if (known !== undefined) return known.apply(spec);
    if (this.#units.size >= unitsMax) {
      throw new AlwaysOnError('AON_USAGE', `A zone holds at most ${unitsMax} units.`);
    }
    const unit = new Unit(this.#context, { spec, wanted: 'up' }, true);
    const record = this.#unclaimed.get(spec.id);
    this.#unclaimed.delete(spec.id);
    if (record !== undefined) unit.inherit(record, isRunning(record));
    this.#units.set(spec.id, unit);
    return unit.apply(spec);
  }

  /** Stops and forgets a unit and its tasks; with `purge`, its folder too. */
  async remove(id: string, purge: boolean): Promise<void> {
    const { environment, zone } = this.config;
    await this.unit(id).close(`${id} is being removed.`);
    await killMarked(taskMark(environment, zone.name, id));
    this.#removed.add(id);
    try {
      await this.#context.saveDesired();
      if (purge) await rm(unitDir(this.config, id), { recursive: true, force: true });
      // Only now, or a new unit of this name would find its folder taken away.
      this.#units.delete(id);
    } finally {
      this.#removed.delete(id);
    }
    this.feed.changed();
  }

  /** Stops the units of one kind ahead of the others; nothing starts them again. */
  async closeKind(kind: UnitKind): Promise<void> {
    const units = [...this.#units.values()].filter((unit) => unit.spec.kind === kind);
    await this.#close(units);
  }

  /** Stops all units, higher start orders first. What is desired stays for the next start. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const { environment, zone } = this.config;
    clearTimeout(this.#boundLogs);
    this.#resources?.close();
    this.#memory?.close();
    for (const units of this.#byOrder().toReversed()) await this.#close(units);
    await killMarked(taskMark(environment, zone.name));
    this.feed.release();
  }

  async #close(units: readonly Unit[]): Promise<void> {
    await this.#forEach(units, (unit) => unit.close('The host is shutting down.'));
  }

  async #forEach(units: readonly Unit[], act: (unit: Unit) => Promise<void>): Promise<void> {
    const tell = (unit: Unit) => (error: unknown) =>
      this.#log('unit.failed', { unit: unit.spec.id, error: messageOf(error) });
    await Promise.all(units.map((unit) => act(unit).catch(tell(unit))));
  }

  #byOrder(): Unit[][] {
    const groups = Map.groupBy(this.#units.values(), (unit) => unit.spec.startOrder);
    return [...groups].sort(([a], [b]) => a - b).map(([, units]) => units);
  }

  #inherit(): void {
    const report = (problem: string) => {
      this.#problems.push(problem);
      this.#log('state.corrupt', { problem });
    };
    for (const desired of readDesired(this.#files.units, report)) {
      this.#units.set(desired.spec.id, new Unit(this.#context, desired, false));
    }
    for (const record of readRunning(this.#files.running, report)) {
      const lives = isRunning(record);
      const unit = this.#units.get(record.unit);
      if (unit !== undefined) unit.inherit(record, lives);
      else if (lives) this.#unclaimed.set(record.unit, record);
      if (lives) this.#log('unit.adopted', { unit: record.unit, pid: record.pid });
    }
  }

  async #saveDesired(): Promise<void> {
    const units = [...this.#units.values()].filter(({ spec }) => !this.#removed.has(spec.id));
    await writeDesired(
      this.#files.units,
      units.map((unit) => unit.desired()),
    );
  }

  #saveRunning(): void {
    const units = [...this.#units.values()].map((unit) => unit.running());
    const running = [...units.filter((record) => record !== undefined), ...this.#unclaimed.values()];
    try {
      writeRunning(this.#files.running, running);
    } catch (error) {
      this.#log('running.not-saved', { error: messageOf(error) });
    }
  }

  async #boundAllLogs(): Promise<void> {
    const logs = [...this.#units.keys()].map((id) => unitLogFile(this.config, id));
    for (const log of [...logs, this.#files.log]) {
      await boundLog(log).catch((error: unknown) => {
        this.#log('log.not-bounded', { log, error: messageOf(error) });
      });
    }
    this.#boundLogs = setTimeout(() => void this.#boundAllLogs(), boundLogsEveryMs).unref();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new AlwaysOnError('AON_NOT_RUNNING', 'The host is shutting down.');
  }
}

/** The folders above the units' own stay open for other users: engines run as one of their own. */
function makeFolders({ tasksDir, unitsDir }: ReturnType<typeof hostFiles>): void {
  mkdirSync(tasksDir, { recursive: true });
  mkdirSync(unitsDir, { recursive: true });
  for (const folder of [unitsDir, dirname(unitsDir)]) chmodSync(folder, 0o755);
}
