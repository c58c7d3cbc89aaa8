import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '@alwayson/engines/process/identity.ts';
import { findMarked, killMarked } from '@alwayson/engines/process/marked-processes.ts';
import { type ProcessExit, stopProcess } from '@alwayson/engines/process/supervised-process.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { UnitSpec, UnitState, UnitStatus } from '@alwayson/protocol/units.ts';
import { createBackoff } from './backoff.ts';
import { type HostConfig, unitMark } from './host-config.ts';
import { type HostLog, messageOf } from './host-log.ts';
import type { RunningRecord } from './host-state.ts';
import { restorePriority, setPriority } from './unit-priority.ts';
import { startProbe } from './unit-probe.ts';
import { adoptUnit, launchUnit, type UnitProcess } from './unit-process.ts';
import { decideChange, fingerprint } from './unit-spec.ts';

/** What a runner is told by the unit it runs for. */
export interface RunnerContext {
  config: HostConfig;
  log: HostLog;
  spec(): UnitSpec;
  /** Whether the host may start it on its own authority. */
  mayStart(): boolean;
  /** Runs something after all that was asked of the unit before. */
  later(act: () => Promise<void>): void;
  changed(): void;
  saveRunning(): void;
}

/** A single failed probe is noise; the second in a row is not. */
const failuresToFail = 2;
/** A process that was ready for this long had started well: its exit is a first one again. */
const steadyAfterMs = 30_000;
/** A process that is not ready may need this long until it heeds signals. */
const youngMs = 3000;
const youngRetryMs = 100;
/** Longest that an answer waits for readiness. */
const readyWaitMs = 30_000;

/**
 * The process of one unit: started, probed, watched, started again, ended. A change of state is told at once, before anything
 * is done about it. Its methods must not overlap; the unit calls them one after another.
 */
export class UnitRunner {
  readonly #context: RunnerContext;
  #state: UnitState;
  #reason: string | undefined;
  #process: UnitProcess | undefined;
  #lastExit: UnitStatus['lastExit'] = null;
  #restarts = 0;
  #launchedBefore = false;
  /** Processes of an earlier life may still be there. */
  #unclean = true;
  #halting = false;
  readonly #backoff = createBackoff();
  #retry: NodeJS.Timeout | undefined;
  #stopProbe = () => {};
  #failures = 0;
  #readySince: number | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(context: RunnerContext, state: UnitState) {
    this.#context = context;
    this.#state = state;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  status() {
    return {
      state: this.#state,
      pid: this.#process?.identity.pid ?? null,
      startedAt: this.#process?.startedAt ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  record(): RunningRecord | undefined {
    if (this.#process === undefined) return undefined;
    const { identity, startedAt, inForce } = this.#process;
    return { unit: this.#context.spec().id, ...identity, startedAt, inForce, restarts: this.#restarts };
  }

  /** Takes over the living process of an earlier host. */
  adopt(record: RunningRecord): void {
    this.#restarts = record.restarts;
    this.#watch(adoptUnit(record));
  }

  /** Counts on from what an earlier host told of a process that is gone. */
  remember(record: RunningRecord): void {
    this.#restarts = record.restarts;
    this.#launchedBefore = true;
  }

  /** Starts it. When it cannot be, it is tried again later if the host may, and the cause is thrown. */
  async launch(): Promise<void> {
    this.#cancelRetry();
    this.#enter('starting');
    try {
      await this.clean();
      const process = await launchUnit(this.#context.config, this.#context.spec());
      setPriority(this.#context.spec().kind, process.identity.pid, this.#launchedBefore);
      if (this.#launchedBefore) this.#restarts += 1;
      this.#watch(process);
    } catch (error) {
      this.#enter('exited', messageOf(error));
      this.#retryLater();
      throw error;
    }
  }

  /** Ends it and all that belongs to it. The caller says what comes next: `rest` or `launch`. */
  async halt(): Promise<void> {
    this.#cancelRetry();
    this.#stopProbe();
    if (this.#process !== undefined) {
      this.#halting = true;
      this.#enter('stopping');
      try {
        await stopProcess(this.#process, { ...this.#context.spec().stop, mark: this.#mark });
        this.#unclean = false;
      } finally {
        this.#halting = false;
      }
    }
    await this.clean();
  }

  /** The state that it stays in, without a process. */
  rest(state: UnitState): void {
    this.#enter(state, this.#lastExit === null ? undefined : describeExit(this.#lastExit));
  }

  /** Ends what an earlier process left: PostgreSQL backends and HAProxy workers outlive a killed main process. */
  async clean(): Promise<void> {
    if (!this.#unclean || this.#process !== undefined) return;
    await killMarked(this.#mark);
    this.#unclean = false;
  }

  /** Makes the running process obey the present spec. */
  async bringInForce(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    if (decideChange(process.inForce, this.#context.spec()) === 'restart') {
      await this.halt();
      return this.launch();
    }
    this.#reload(process);
    this.#probe();
  }

  /** A process that has just started may not heed the signal yet, which would end it: it gets it once it has had time. */
  #reload(process: UnitProcess): void {
    const spec = this.#context.spec();
    if (this.#process !== process || spec.reloadSignal === undefined) return;
    if (decideChange(process.inForce, spec) !== 'reload') return;
    if (this.#state === 'starting' && Date.now() - Date.parse(process.startedAt) < youngMs) {
      setTimeout(() => this.#context.later(async () => this.#reload(process)), youngRetryMs).unref();
      return;
    }
    signalProcess(process.identity, spec.reloadSignal);
    process.inForce = fingerprint(spec);
    this.#context.saveRunning();
  }

  /** SIGKILL for all its processes, now, whatever else is under way. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (process !== undefined) signalProcess(process.identity, 'SIGKILL');
    for (const identity of findMarked(this.#mark)) signalProcess(identity, 'SIGKILL');
    await process?.exited;
  }

  /** Sends a signal to the main process. Throws AON_NOT_RUNNING. */
  signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined && signalProcess(this.#process.identity, signal)) return;
    const hint = 'Start the unit, then try again.';
    throw new AlwaysOnError('AON_NOT_RUNNING', `${this.#context.spec().id} does not run.`, { hint });
  }

  /** Waits until it is ready, at most 30 s. Throws AON_UNIT_START_FAILED when it ended instead. */
  async reached(): Promise<void> {
    const waiting = new AbortController();
    const look = () => {
      if (this.#state !== 'starting') waiting.abort();
    };
    this.#watchers.add(look);
    look();
    await sleep(readyWaitMs, undefined, { signal: waiting.signal }).catch(() => {});
    this.#watchers.delete(look);
    if (this.#process !== undefined && !this.#halting) return;
    const message = `${this.#context.spec().id} is ${this.#state} instead of ready${this.#reason === undefined ? '' : `: ${this.#reason}`}.`;
    throw new AlwaysOnError('AON_UNIT_START_FAILED', message);
  }

  /** What went wrong before does not delay the next start. */
  forgive(): void {
    this.#backoff.reset();
  }

  #watch(process: UnitProcess): void {
    this.#process = process;
    this.#launchedBefore = true;
    this.#unclean = true;
    this.#context.saveRunning();
    void process.exited.then((exit) => this.#ended(exit));
    this.#enter('starting');
    this.#context.changed(); // the pid is another, the state may be the same
    this.#probe();
  }

  #ended(exit: ProcessExit): void {
    const pid = this.#process?.identity.pid;
    this.#process = undefined;
    this.#stopProbe();
    this.#lastExit = { ...exit, at: new Date().toISOString() };
    if (performance.now() - (this.#readySince ?? Infinity) >= steadyAfterMs) this.#backoff.reset();
    this.#readySince = undefined;
    this.#enter(this.#halting ? 'stopping' : 'exited', describeExit(exit));
    this.#context.log('unit.exited', { unit: this.#context.spec().id, pid, ...exit, asked: this.#halting });
    this.#context.saveRunning();
    if (this.#halting) return;
    // In a turn of its own: whoever waits for the news gets it before /proc is searched.
    setImmediate(() => this.#context.later(() => this.clean()));
    this.#retryLater();
  }

  #retryLater(): void {
    if (!this.#context.mayStart()) return;
    this.#cancelRetry();
    this.#retry = setTimeout(() => {
      this.#context.later(async () => {
        if (this.#process === undefined && this.#context.mayStart()) await this.launch();
      });
    }, this.#backoff.next());
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry);
  }

  #probe(): void {
    const { probe, address, port } = this.#context.spec();
    this.#stopProbe();
    this.#failures = 0;
    this.#stopProbe = startProbe({ probe, address, port }, (failure) => this.#probed(failure));
  }

  #probed(failure: string | undefined): void {
    if (failure === undefined) {
      this.#failures = 0;
      if (this.#state === 'starting' && this.#process !== undefined)
        restorePriority(this.#context.spec().kind, this.#process.identity.pid);
      if (this.#state !== 'ready') this.#readySince = performance.now();
      this.#enter('ready');
      return;
    }
    this.#failures += 1;
    if (this.#state === 'starting') this.#reason = failure;
    if (this.#state !== 'ready' || this.#failures < failuresToFail) return;
    this.#readySince = undefined;
    this.#enter('failing', failure);
  }

  #enter(state: UnitState, reason?: string): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#context.changed();
    for (const watcher of this.#watchers) watcher();
  }

  get #mark() {
    const { environment, zone } = this.#context.config;
    return unitMark(environment, zone.name, this.#context.spec().id);
  }
}

function describeExit({ code, signal }: ProcessExit): string {
  if (signal !== null) return `ended by ${signal}`;
  return code === null ? 'ended; only the host that started it could tell how' : `exited with ${code}`;
}
