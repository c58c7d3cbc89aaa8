import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueRegion } from '../identity.ts';
import { type EnqueueConnection, openEnqueueConnection } from './enqueue-connection.ts';
import type { PreparedWrite } from './queue-write.ts';
import { createSubmission, LaneFailure, type Submission, type WriteStatus } from './submission.ts';

export interface QueueLane {
  readonly region: string;
  /** False while the region's queue is known not to confirm; it is then tried in the background. */
  readonly isUp: boolean;
  /** Resolves when the asked copies hold the write. Throws LaneFailure. */
  submit(write: PreparedWrite, timeoutMs: number): Promise<WriteStatus>;
  /** Connects, if it is not connected. */
  open(): Promise<void>;
  close(): void;
}

export interface LaneOptions {
  queue: QueueRegion;
  /** Copies to ask for before the control plane has said anything. */
  copies: 1 | 2;
  /** Entries that one stream may hold before writes are refused. */
  streamEntriesMax: number;
}

const batchMax = 512;
const pendingMax = 20_000;
const recoverEveryMs = 250;
/** While it takes longer to connect, writes go another way. */
const openingMsMax = 250;

/**
 * The way into one region's queue. Writes of the same moment travel as one pipeline with one WAIT behind it: a copy is
 * waited for once per batch, not once per write.
 */
export function createQueueLane({ queue, copies, streamEntriesMax }: LaneOptions): QueueLane {
  const pending: Submission[] = [];
  const closing = new AbortController();
  let connection: EnqueueConnection | null = null;
  let opening: Promise<EnqueueConnection> | null = null;
  let openingSince = 0;
  let draining = false;
  let down = false;

  const open = async () => {
    openingSince = performance.now();
    try {
      connection = await openEnqueueConnection(queue, { copies, streamEntriesMax });
      if (closing.signal.aborted) connection.close();
      return connection;
    } finally {
      opening = null;
    }
  };
  const connect = async () => (connection?.isOpen ? connection : (opening ??= open()));

  const recover = async () => {
    down = true;
    while (!closing.signal.aborted) {
      await sleep(recoverEveryMs, undefined, { ref: false });
      try {
        if (await (await connect()).confirms()) break;
      } catch {
        // Still down: tried again after the pause.
      }
    }
    down = false;
  };

  const fail = (batch: readonly Submission[], error: unknown) => {
    connection?.close();
    const message = error instanceof Error ? error.message : String(error);
    for (const submission of batch) submission.reject(new LaneFailure(message, submission.sent, error));
    if (!down) void recover();
  };

  const drain = async () => {
    draining = true;
    while (pending.length > 0) {
      const batch = pending.splice(0, batchMax).filter((submission) => !submission.settled);
      try {
        if (batch.length > 0) await (await connect()).run(batch);
      } catch (error) {
        fail(batch, error);
      }
    }
    draining = false;
  };

  return {
    region: queue.region,
    get isUp() {
      return !down && (opening === null || performance.now() - openingSince < openingMsMax);
    },
    async open() {
      await connect();
    },
    submit(write, timeoutMs) {
      return new Promise((resolve, reject) => {
        const { aborted } = closing.signal;
        if (aborted || pending.length >= pendingMax) {
          reject(
            new LaneFailure(aborted ? 'The producer is closed.' : 'Too many writes are waiting.', false),
          );
          return;
        }
        const submission = createSubmission(write, { timeoutMs, resolve, reject });
        pending.push(submission);
        // After this turn of the event loop, so that the writes of one moment share a batch.
        if (!draining) {
          draining = true;
          setImmediate(() => void drain());
        }
      });
    },
    close() {
      closing.abort();
      connection?.close();
    },
  };
}
