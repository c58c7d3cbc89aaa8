import { traceBatch } from '../tracing/trace-queue.ts';
import { type ApplyContext, applyBatch, bury, LedgerMoved, UnknownType } from './apply-batch.ts';
import { type RawEntry, toTime } from './queue-entry.ts';
import { batchMax, type Found, type ReadConnection } from './read-connection.ts';
import type { ReaderContext } from './reader-context.ts';
import { setBack } from './shard-holding.ts';

/** An entry nobody can apply is put aside after this long: a release that knows its type should be there by then. */
const unknownTypeMs = 300_000;

interface FoundInQueue {
  queue: string;
  found: Found;
  reader: ReadConnection;
}

/** Applies what was found in one shard and moves its place in the ledger, in one transaction; a failure sets the shard back. */
export async function applyFound(
  context: ReaderContext,
  { queue, found, reader }: FoundInQueue,
): Promise<void> {
  const { holding, incarnation, entries } = found;
  const { shard, fence } = holding;
  const [first] = entries;
  if (first === undefined) return;
  holding.waitingSince ??= toTime(first.id);
  const from = holding.positions?.get(incarnation) ?? '0-0';
  const step = { queue, shard, incarnation, fence, from };
  const batch = toBatch(entries, holding.failures, context);
  try {
    const result =
      batch.length > 0
        ? await traceBatch({ queue, shard, entries: batch }, () => applyBatch(context, step, batch))
        : await buryOld(context, first, step);
    const lastId = (batch.at(-1) ?? first).id;
    holding.positions?.set(incarnation, lastId);
    holding.failures = 0;
    holding.waitingSince = null;
    holding.depth = Math.max(0, holding.depth - Math.max(1, batch.length));
    reader.trim({ shard, incarnation, lastId });
    context.applied({ ...result, oldestAcceptedAt: toTime(first.id) });
  } catch (error) {
    if (error instanceof UnknownType) context.giveUp(shard);
    if (!(error instanceof LedgerMoved)) context.failed(error);
    setBack(holding, Date.now());
  }
}

async function buryOld(context: ReaderContext, entry: RawEntry, step: Parameters<typeof bury>[1]) {
  const cause = new UnknownType(entry.type);
  if (Date.now() - toTime(entry.id) < unknownTypeMs) throw cause;
  await bury(context, step, { entry, cause });
  return { applied: 0, deadLetters: 1 };
}

/** What can be applied at once: up to the first entry of an unknown type, and less after each failure. */
function toBatch(entries: readonly RawEntry[], failures: number, { handlers }: ApplyContext): RawEntry[] {
  const unknown = entries.findIndex(({ type }) => handlers[type] === undefined);
  const known = unknown === -1 ? entries.length : unknown;
  return entries.slice(0, Math.min(known, Math.max(1, Math.floor(batchMax / 4 ** failures))));
}
