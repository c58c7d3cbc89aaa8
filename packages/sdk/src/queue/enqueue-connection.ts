import { queueKeys } from '@alwayson/protocol/workload-environment.ts';
import type { QueueRegion } from '../identity.ts';
import { findPrimary, type QueueConnection } from './queue-connection.ts';
import { enqueueScript, registerScript } from './queue-scripts.ts';
import type { Submission, WriteStatus } from './submission.ts';

const connectTimeoutMs = 1000;
/** A server that answers nothing for this long is given up. */
const answerTimeoutMs = 700;
const copyWaitMs = 100;
const memoryEveryMs = 10_000;
const hourMs = 3_600_000;

export interface EnqueueConnection {
  readonly isOpen: boolean;
  /** Settles every submission, or throws when the server is not to be used any more. */
  run(batch: readonly Submission[]): Promise<void>;
  /** True when a write would be confirmed now. */
  confirms(): Promise<boolean>;
  close(): void;
}

interface Reply {
  submission: Submission;
  status: WriteStatus;
}

/** Finds the region's primary and makes it ready for writes. Throws when there is none. */
export async function openEnqueueConnection(
  queue: QueueRegion,
  options: { copies: 1 | 2; streamEntriesMax: number },
): Promise<EnqueueConnection> {
  const connection = await findPrimary(queue, connectTimeoutMs);
  const { run: incarnation, send, within } = connection;
  const setUp = Promise.all([
    send(['SCRIPT', 'LOAD', enqueueScript]),
    send(['EVAL', registerScript, '1', queueKeys.incarnations, incarnation]),
  ]);
  const sha = String((await within(setUp, answerTimeoutMs))[0]);
  const limit = String(options.streamEntriesMax);
  const memory = createMemoryWatch(connection);
  let copies: number = options.copies;

  const enqueue = async (submission: Submission): Promise<Reply> => {
    const { shard, idempotency, fingerprint, fields } = submission.write;
    const stream = queueKeys.stream(shard, incarnation);
    const lifeMs = String(memory.idempotencyLifeMs());
    submission.sent = true;
    const command = ['EVALSHA', sha, '3', stream, idempotency, queueKeys.copies, limit, fingerprint, lifeMs];
    try {
      const [status, asked] = (await send([...command, ...fields])) as [WriteStatus, string];
      if (asked !== '') copies = Number(asked);
      return { submission, status };
    } catch (error) {
      if (isRefusal(error, 'OOM')) return { submission, status: 'full' };
      submission.sent = !isRefusal(error, 'NOREPLICAS', 'READONLY', 'MISCONF');
      throw error;
    }
  };

  /** How many copies there are of all that was sent before; also learns how many are asked for now. */
  const countCopies = async () => {
    const answers = Promise.all([send(['GET', queueKeys.copies]), send(['WAIT', '1', String(copyWaitMs)])]);
    const [asked, confirmed] = await within(answers, copyWaitMs + answerTimeoutMs);
    copies = Number(asked ?? copies);
    return 1 + Number(confirmed);
  };

  /** Asks again and again, because the control plane may settle for one copy meanwhile. */
  const awaitCopies = async (waiting: readonly Submission[], first: number) => {
    for (let found = first; found < copies; found = await countCopies()) {
      if (waiting.every(({ settled }) => settled)) throw new Error(`${queue.region} has no second copy.`);
    }
  };

  return {
    get isOpen() {
      return connection.isOpen;
    },
    close: connection.close,
    async confirms() {
      return (await countCopies()) >= copies;
    },
    async run(batch) {
      memory.refresh();
      const replies = batch.map(enqueue);
      const wait = copies > 1 ? send(['WAIT', '1', String(copyWaitMs)]) : Promise.resolve(0);
      const all = Promise.all([Promise.allSettled(replies), wait]);
      const [results, confirmed] = await within(all, copyWaitMs + answerTimeoutMs);
      const kept = results.flatMap(takeReply);
      await awaitCopies(
        kept.map(({ submission }) => submission),
        1 + Number(confirmed),
      );
      for (const { submission, status } of kept) submission.resolve(status);
    },
  };
}

/** Settles what needs no copy; returns what does. Throws what says that this server is not the one. */
function takeReply(result: PromiseSettledResult<Reply>): Reply[] {
  if (result.status === 'rejected') throw result.reason;
  const { submission, status } = result.value;
  if (status === 'accepted' || status === 'repeated') return [result.value];
  submission.resolve(status);
  return [];
}

/** Redis' own answer that it did nothing, and why. */
function isRefusal(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.some((code) => error.message.startsWith(code));
}

/** How long idempotency keys are kept: a day, less when the server runs short of memory. Queued writes go first. */
function createMemoryWatch({ send }: QueueConnection) {
  let used = 0;
  let readAt = 0;
  const read = async () => {
    const text = String(await send(['INFO', 'memory']));
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    used = field('used_memory') / Math.max(1, field('maxmemory'));
  };
  return {
    refresh() {
      if (Date.now() - readAt < memoryEveryMs) return;
      readAt = Date.now();
      // A failure shows in the batch that is sent beside it.
      read().catch(() => {});
    },
    idempotencyLifeMs: () => (used < 0.5 ? 24 * hourMs : used < 0.75 ? hourMs : hourMs / 12),
  };
}
