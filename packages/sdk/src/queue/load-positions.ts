import { takePositions } from './ledger.ts';
import type { ReadConnection } from './read-connection.ts';
import type { ReaderContext } from './reader-context.ts';
import { setBack, type ShardHolding } from './shard-holding.ts';

interface PositionsWanted {
  queue: string;
  due: readonly ShardHolding[];
  reader: ReadConnection;
}

/** Finds where the given shards stand in the ledger, for those that do not know; who cannot be told is set back. */
export async function loadPositions(
  context: ReaderContext,
  { queue, due, reader }: PositionsWanted,
): Promise<void> {
  const lost = due.filter(({ positions }) => positions === null);
  if (lost.length === 0) return;
  const rows = await takeOrFail(context, queue, lost);
  if (rows === null) {
    for (const holding of lost) setBack(holding, Date.now());
    return;
  }
  for (const holding of lost) {
    const own = rows.filter(({ shard }) => shard === holding.shard);
    const known = own.flatMap(({ incarnation, lastId }) =>
      lastId === null ? [] : [{ incarnation, lastId }],
    );
    if (known.length < own.length) {
      setBack(holding, Date.now());
      continue;
    }
    holding.positions = new Map(known.map(({ incarnation, lastId }) => [incarnation, lastId]));
    for (const { incarnation, lastId } of known) {
      reader.trim({ shard: holding.shard, incarnation, lastId });
    }
  }
}

async function takeOrFail(context: ReaderContext, queue: string, lost: readonly ShardHolding[]) {
  try {
    return await context.sql.write((transaction) => takePositions(transaction, queue, lost), {
      idempotent: true,
    });
  } catch (error) {
    context.failed(error);
    return null;
  }
}
