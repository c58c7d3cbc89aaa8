import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Durability } from '@alwayson/protocol/words.ts';
import { createQueueLane, type QueueLane } from './queue-lane.ts';
import { prepareWrite, type PreparedWrite, type QueueWrite, withTrace } from './queue-write.ts';
import type { QueueRegion } from '../identity.ts';
import { countQueueWrite } from '../metrics/queue-metrics.ts';
import { traceSend } from '../tracing/trace-queue.ts';
import { LaneFailure, toWriteError, type WriteStatus } from './submission.ts';

export interface QueueProducerOptions {
  /** From `readQueues`: own region first. */
  queues: readonly QueueRegion[];
  /** Of the queue store; decides only until the control plane has said how many copies it wants. */
  durability?: Durability;
  /** From the call to the answer, all regions and retries together. */
  timeoutMs?: number;
  /** Entries that one stream may hold before writes are refused with AON_QUEUE. */
  streamEntriesMax?: number;
}

interface Enqueued {
  /** `repeated`: the same write was accepted before. `conflict`: its idempotency key was used for another one. */
  status: 'accepted' | 'repeated' | 'conflict';
  /** Whose queue holds it. */
  region: string;
}

export interface QueueProducer {
  /**
   * Resolves when as many copies hold the write as the store's durability asks for. Throws AON_COPY_MISSING when it may
   * be applied but is not confirmed, AON_QUEUE when no queue took it; both may be tried again with the same key.
   */
  enqueue(write: QueueWrite): Promise<Enqueued>;
  /** Opens the way into the own region's queue. Throws when there is none now. */
  open(): Promise<void>;
  close(): void;
}

/** Part of the time left that one try may use: another region, or another server of the same, gets the rest. */
const tryShare = 0.6;
const tryMsMin = 250;
const pauseMs = 50;

/** Writes into the own region's queue, and into the next one while the own does not confirm. */
export function createQueueProducer({
  queues,
  durability = 'replicated',
  timeoutMs = 2000,
  streamEntriesMax = 50_000,
}: QueueProducerOptions): QueueProducer {
  const copies = durability === 'replicated' ? 2 : 1;
  const lanes = queues.map((queue) => createQueueLane({ queue, copies, streamEntriesMax }));
  return {
    async enqueue(write) {
      const prepared = prepareWrite(write);
      const endsAt = performance.now() + timeoutMs;
      try {
        const target = { type: write.type, shard: prepared.shard };
        const done = await traceSend(target, (traceparent) =>
          enqueueUntil(lanes, withTrace(prepared, traceparent), endsAt),
        );
        countQueueWrite(done.status);
        return done;
      } catch (error) {
        countQueueWrite('failed');
        throw error;
      }
    },
    async open() {
      await lanes[0]?.open();
    },
    close() {
      for (const lane of lanes) lane.close();
    },
  };
}

async function enqueueUntil(
  lanes: readonly QueueLane[],
  write: PreparedWrite,
  endsAt: number,
): Promise<Enqueued> {
  const attempt = createAttempt(write);
  while (performance.now() < endsAt) {
    const done = await tryLanes(lanes, attempt, endsAt);
    if (done !== null) return done;
    await sleep(pauseMs * (0.5 + Math.random()));
  }
  throw attempt.toError();
}

/** Null when no region confirmed the write this time. */
async function tryLanes(
  lanes: readonly QueueLane[],
  attempt: Attempt,
  endsAt: number,
): Promise<Enqueued | null> {
  // Sorting keeps the order: own region first among those that are up.
  const inOrder = lanes.toSorted((a, b) => Number(b.isUp) - Number(a.isUp));
  for (const lane of inOrder) {
    const left = endsAt - performance.now();
    if (left <= 0) return null;
    const status = await attempt.submit(lane, Math.min(left, Math.max(left * tryShare, tryMsMin)));
    if (status !== null) return { status, region: lane.region };
  }
  return null;
}

type Attempt = ReturnType<typeof createAttempt>;

/** One call of `enqueue`: remembers where the write may already be. */
function createAttempt(write: PreparedWrite) {
  const sentTo = new Set<string>();
  let last: { region: string; failure: LaneFailure } | undefined;
  return {
    async submit(lane: QueueLane, timeoutMs: number): Promise<Enqueued['status'] | null> {
      try {
        return toStatus(await lane.submit(write, timeoutMs), lane.region, sentTo);
      } catch (error) {
        if (!(error instanceof LaneFailure)) throw error;
        if (error.sent) sentTo.add(lane.region);
        if (error.sent || last?.failure.sent !== true) last = { region: lane.region, failure: error };
        return null;
      }
    },
    toError: () =>
      last === undefined
        ? new AlwaysOnError('AON_QUEUE', 'No queue was tried in time.')
        : toWriteError(last.region, last.failure),
  };
}

function toStatus(status: WriteStatus, region: string, sentTo: ReadonlySet<string>): Enqueued['status'] {
  if (status === 'full') {
    const hint = 'Writes come in faster than they are applied: send it again later.';
    throw new AlwaysOnError('AON_QUEUE', `The queue of ${region} is full.`, { hint });
  }
  // Seen before by an attempt of this very call: for the caller it is the first time.
  return status === 'repeated' && sentTo.has(region) ? 'accepted' : status;
}
