import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { UnitSpec, UnitState, UnitStatus } from '@alwayson/protocol/units.ts';
import type { HostConfig } from './host-config.ts';
import { type HostLog, messageOf } from './host-log.ts';
import type { DesiredUnit, RunningRecord } from './host-state.ts';
import { stageUnitFiles } from './unit-files.ts';
import { unitFolder } from './unit-process.ts';
import { UnitRunner } from './unit-runner.ts';
import { hashSpec } from './unit-spec.ts';

/** What a unit needs from the host around it. */
export interface UnitContext {
  config: HostConfig;
  log: HostLog;
  /** The status of a unit is another. */
  changed(): void;
  /** Makes what is desired durable. Throws AON_DISK_FULL. */
  saveDesired(): Promise<void>;
  saveRunning(): void;
  /** A new unit was refused: it does not exist. */
  refused(id: string): void;
}

/**
 * One supervised unit: what is desired of it, and the requests that change that. They are done one after another; only `kill`
 * and `signal` go past that line.
 */
export class Unit {
  readonly #context: UnitContext;
  readonly #runner: UnitRunner;
  #spec: UnitSpec;
  #specHash: string;
  #wanted: DesiredUnit['wanted'];
  /** Why nothing may be started any more. */
  #closed: string | undefined;
  #line: Promise<unknown> = Promise.resolve();

  /** `isNew`: not on disk yet; the first `apply` puts it there. */
  constructor(context: UnitContext, desired: DesiredUnit, isNew: boolean) {
    this.#context = context;
    this.#spec = desired.spec;
    this.#specHash = isNew ? '' : hashSpec(desired.spec);
    this.#wanted = desired.wanted;
    const { config, log, changed, saveRunning } = context;
    this.#runner = new UnitRunner(
      {
        config,
        log,
        changed,
        saveRunning,
        spec: () => this.#spec,
        mayStart: () => this.#mayStart(),
        later: (act) => this.#later(act),
      },
      this.#restState(),
    );
  }

  get spec(): UnitSpec {
    return this.#spec;
  }

  desired(): DesiredUnit {
    return { spec: this.#spec, wanted: this.#wanted };
  }

  running(): RunningRecord | undefined {
    return this.#runner.record();
  }

  status(): UnitStatus {
    const { id, kind, component, stamp, release, generation, address, port } = this.#spec;
    return {
      id,
      kind,
      ...(component === undefined ? {} : { component }),
      ...(stamp === undefined ? {} : { stamp }),
      ...(release === undefined ? {} : { release }),
      generation,
      specHash: this.#specHash,
      address,
      port,
      ...this.#runner.status(),
    };
  }

  /** Goes on from what an earlier host left: its process when that still `lives`, else its count of restarts. */
  inherit(record: RunningRecord, lives: boolean): void {
    if (lives) this.#runner.adopt(record);
    else this.#runner.remember(record);
  }

  /** What a host does with a unit when it starts itself: end, keep or start it, or clean up after it. */
  async settle(): Promise<void> {
    await this.#inLine(async () => {
      if (this.#wanted === 'down') await this.#haltAndRest();
      else if (this.#runner.isRunning) await this.#runner.bringInForce();
      else if (this.#mayStart()) await this.#runner.launch();
      else await this.#runner.clean();
    });
    if (this.#runner.isRunning) await this.#runner.reached();
  }

  /**
   * Takes a new spec: files and record first, then the process. Throws AON_GENERATION_OLD or AON_DISK_FULL (everything stays
   * as it was), or AON_UNIT_START_FAILED (the spec is kept, and tried again by an `always` unit).
   */
  async apply(spec: UnitSpec): Promise<UnitStatus> {
    await this.#inLine(async () => {
      this.#assertOpen();
      if (spec.generation < this.#spec.generation) {
        const message = `${spec.id} has generation ${this.#spec.generation}; ${spec.generation} is older.`;
        throw new AlwaysOnError('AON_GENERATION_OLD', message);
      }
      if (hashSpec(spec) === this.#specHash) return;
      await this.#accept(spec).catch((error: unknown) => {
        if (this.#specHash === '') this.#refuse();
        throw error;
      });
      this.#runner.forgive();
      if (this.#runner.isRunning) await this.#runner.bringInForce();
      else if (this.#mayStart()) await this.#runner.launch();
    });
    return this.status();
  }

  /** Starts it if it does not run. Answers when it is ready, or still starting after 30 s; throws when it ended before. */
  async start(): Promise<UnitStatus> {
    await this.#inLine(async () => {
      this.#assertOpen();
      await this.#want('up');
      this.#runner.forgive();
      if (!this.#runner.isRunning) await this.#runner.launch();
    });
    await this.#runner.reached();
    return this.status();
  }

  /** Ends it and all that belongs to it: when this resolves, nothing of it is left, and only a request starts it again. */
  async stop(): Promise<UnitStatus> {
    // A fence waits for it: what is wanted is made durable meanwhile.
    await this.#inLine(async () => {
      await Promise.all([this.#want('down'), this.#haltAndRest()]);
    });
    return this.status();
  }

  async restart(): Promise<UnitStatus> {
    await this.#inLine(async () => {
      this.#assertOpen();
      await this.#want('up');
      this.#runner.forgive();
      await this.#runner.halt();
      await this.#runner.launch();
    });
    await this.#runner.reached();
    return this.status();
  }

  async kill(): Promise<UnitStatus> {
    await this.#runner.kill();
    return this.status();
  }

  signal(signal: NodeJS.Signals): UnitStatus {
    this.#runner.signal(signal);
    return this.status();
  }

  /** Ends it for this life of the host; what is desired stays. */
  async close(why: string): Promise<void> {
    this.#closed = why;
    await this.#inLine(() => this.#haltAndRest());
  }

  async #haltAndRest(): Promise<void> {
    await this.#runner.halt();
    this.#runner.rest(this.#restState());
  }

  async #accept(spec: UnitSpec): Promise<void> {
    const { config, saveDesired, changed } = this.#context;
    const [before, hashBefore] = [this.#spec, this.#specHash];
    const files = await stageUnitFiles(await unitFolder(config, spec), spec.files, before.files);
    this.#spec = spec;
    this.#specHash = hashSpec(spec);
    try {
      await saveDesired();
    } catch (error) {
      this.#spec = before;
      this.#specHash = hashBefore;
      await files.discard();
      throw error;
    }
    await files.commit();
    changed();
  }

  /** Here, in line, so that a request that waits behind does not bring it to life beside its host's list. */
  #refuse(): void {
    this.#closed = `${this.#spec.id} was refused.`;
    this.#context.refused(this.#spec.id);
  }

  /** A fence must not wait for free disk: what cannot be saved holds for this life of the host, and is told. */
  async #want(wanted: DesiredUnit['wanted']): Promise<void> {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    await this.#context.saveDesired().catch((error: unknown) => {
      this.#context.log('unit.not-saved', { unit: this.#spec.id, wanted, error: messageOf(error) });
    });
  }

  /** The state before it ever had a process, or after it was stopped. */
  #restState(): UnitState {
    if (this.#wanted === 'down') return 'stopped';
    return this.#spec.restart === 'always' ? 'exited' : 'held';
  }

  #mayStart(): boolean {
    return this.#spec.restart === 'always' && this.#wanted === 'up' && this.#closed === undefined;
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new AlwaysOnError('AON_NOT_RUNNING', this.#closed);
  }

  #inLine<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(act);
    this.#line = turn.catch(() => {});
    return turn;
  }

  #later(act: () => Promise<void>): void {
    this.#inLine(act).catch((error: unknown) => {
      this.#context.log('unit.failed', { unit: this.#spec.id, error: messageOf(error) });
    });
  }
}
