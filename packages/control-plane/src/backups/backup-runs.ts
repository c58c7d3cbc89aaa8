import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { ControllerContext } from '../controller.ts';
import type { BackupWork } from '../database/backup-work.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { BackupRecord } from './backup-record.ts';

export interface BackupRunsContext extends Pick<ControllerContext, 'journal' | 'now'> {
  backups: BackupWork;
  record: BackupRecord;
}

export interface MakeOrder {
  regions: readonly string[];
  type: 'full' | 'incr';
  note: string | null;
}

export interface VerifyOrder {
  region: string;
  /** Null for the newest. */
  label: string | null;
}

const reasonMax = 2000;

/** What is done with backups, one thing at a time, each an operation that tells how it ended. */
export class BackupRuns {
  readonly #context: BackupRunsContext;
  #busy: string | null = null;
  #prepared = '';
  /** Unix ms of the last backup that failed; null when the last one succeeded. */
  failedAt: number | null = null;

  constructor(context: BackupRunsContext) {
    this.#context = context;
  }

  get isBusy(): boolean {
    return this.#busy !== null;
  }

  /** Once for every server that writes: whoever writes first makes the repositories, the others find them. */
  async prepare(): Promise<void> {
    const { backups } = this.#context;
    const writer = backups.writer();
    const key = `${writer?.member} ${writer?.term}`;
    if (writer !== null && this.#prepared === key) return;
    await backups.prepare();
    this.#prepared = key;
  }

  /** Throws AON_OPERATION_RUNNING. What it returns is to be run at once. */
  begin(kind: 'backup' | 'backup-verify', title: string, steps: readonly string[]): OperationHandle {
    if (this.#busy !== null)
      throw new AlwaysOnError(
        'AON_OPERATION_RUNNING',
        `Something is done with backups already: ${this.#busy}.`,
      );
    const handle = this.#context.journal.begin({ kind, title, steps, cancellableBefore: null });
    this.#busy = handle.id;
    return handle;
  }

  async make(handle: OperationHandle, { regions, type, note }: MakeOrder): Promise<void> {
    const { backups, now } = this.#context;
    try {
      await this.#run(handle, async () => {
        const { signal } = handle;
        await handle.step('prepare', () => this.prepare());
        for (const region of regions)
          await handle.step(region, () => backups.make({ region, type, note, signal }));
        return { regions, type, note };
      });
      this.failedAt = null;
    } catch (error) {
      if (!handle.signal.aborted) this.failedAt = now();
      throw error;
    }
  }

  verify(handle: OperationHandle, order: VerifyOrder): Promise<void> {
    const { backups, record, now } = this.#context;
    return this.#run(handle, async () => {
      const base = { ...order, at: new Date(now()).toISOString() };
      try {
        const steps = await handle.step('verify', () => backups.verify({ ...order, signal: handle.signal }));
        record.keep({ ...base, passed: true, steps });
        return { ...order, passed: true, steps };
      } catch (error) {
        if (handle.signal.aborted) throw error; // nothing was found out
        const reason = (error instanceof Error ? error.message : String(error)).slice(0, reasonMax);
        record.keep({ ...base, passed: false, steps: [], reason });
        this.#tellBroken(order.region, reason);
        throw error;
      }
    });
  }

  #tellBroken(region: string, reason: string): void {
    const message = `A backup in ${region} could not be restored and read: ${reason}`;
    this.#context.journal.event({ severity: 'error', type: 'backup.broken', entity: region, message });
  }

  async #run(handle: OperationHandle, work: () => Promise<Record<string, unknown>>): Promise<void> {
    try {
      handle.succeed(await work());
    } catch (error) {
      handle.fail(error);
      throw error;
    } finally {
      this.#busy = null;
    }
  }
}
