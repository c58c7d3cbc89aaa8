import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueRegion } from '../identity.ts';
import { type ApplyContext, applyBatch, bury, LedgerMoved, UnknownType } from './apply-batch.ts';
import { takePositions } from './ledger.ts';
import { type RawEntry, toTime } from './queue-entry.ts';
import { batchMax, type Found, openReadConnection, type ReadConnection } from './read-connection.ts';
import { createShardHolding, setBack, type ShardHolding } from './shard-holding.ts';

const blockMs = 1000;
const reconnectPauseMs = 100;
/** An entry nobody can apply is put aside after this long: a release that knows its type should be there by then. */
const unknownTypeMs = 300_000;

export interface ReaderContext extends ApplyContext {
  /** False when the leases may have run out: nothing is begun then. */
  holdsLeases(): boolean;
  /** This worker cannot apply what is next in the shard; another may. */
  giveUp(shard: number): void;
  applied(result: { applied: number; deadLetters: number; oldestAcceptedAt: number }): void;
  failed(error: unknown): void;
}

/** Reads the held shards of one region's queue and applies what comes, for as long as it holds any. */
export interface RegionReader {
  readonly queue: string;
  readonly holdings: ReadonlyMap<number, ShardHolding>;
  hold(leases: readonly { shard: number; fence: number }[]): void;
  /** Resolves when the batch in hand is committed. */
  close(): Promise<void>;
}

export function createRegionReader(queue: QueueRegion, context: ReaderContext): RegionReader {
  const holdings = new Map<number, ShardHolding>();
  let connection: ReadConnection | null = null;
  let running: Promise<void> | null = null;
  const closing = new AbortController();

  const run = async () => {
    while (holdings.size > 0 && !closing.signal.aborted) {
      try {
        if (!connection?.isOpen) connection = await openReadConnection(queue);
        await pass(connection, [...holdings.values()]);
      } catch (error) {
        connection?.close();
        if (closing.signal.aborted) break;
        context.failed(error);
        await sleep(reconnectPauseMs * (0.5 + Math.random()));
      }
    }
    connection?.close();
    running = null;
  };

  const pass = async (reader: ReadConnection, held: readonly ShardHolding[]) => {
    const now = Date.now();
    const due = context.holdsLeases() ? held.filter(({ notBefore }) => notBefore <= now) : [];
    await loadPositions(due, reader);
    const ready = due.filter(({ positions }) => positions !== null);
    const wake = Math.min(...held.map(({ notBefore }) => notBefore).filter((at) => at > now), now + blockMs);
    if (ready.length === 0) {
      await reader.measure(held);
      await sleep(Math.max(10, wake - now), undefined, { signal: closing.signal });
      return;
    }
    const found = await reader.read(ready, wake - now);
    await Promise.all(found.map((batch) => applyFound(batch, reader)));
  };

  const loadPositions = async (due: readonly ShardHolding[], reader: ReadConnection) => {
    const lost = due.filter(({ positions }) => positions === null);
    if (lost.length === 0) return;
    const rows = await takeOrFail(lost);
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
  };

  const takeOrFail = async (lost: readonly ShardHolding[]) => {
    try {
      return await context.sql.write((transaction) => takePositions(transaction, queue.region, lost), {
        idempotent: true,
      });
    } catch (error) {
      context.failed(error);
      return null;
    }
  };

  const applyFound = async ({ holding, incarnation, entries }: Found, reader: ReadConnection) => {
    const { shard, fence } = holding;
    const [first] = entries;
    if (first === undefined) return;
    holding.waitingSince ??= toTime(first.id);
    const from = holding.positions?.get(incarnation) ?? '0-0';
    const step = { queue: queue.region, shard, incarnation, fence, from };
    const batch = toBatch(entries, holding.failures, context);
    try {
      const result = batch.length > 0 ? await applyBatch(context, step, batch) : await buryOld(first, step);
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
  };

  const buryOld = async (entry: RawEntry, step: Parameters<typeof bury>[1]) => {
    const cause = new UnknownType(entry.type);
    if (Date.now() - toTime(entry.id) < unknownTypeMs) throw cause;
    await bury(context, step, { entry, cause });
    return { applied: 0, deadLetters: 1 };
  };

  return {
    queue: queue.region,
    holdings,
    hold(leases) {
      for (const shard of holdings.keys()) {
        if (!leases.some((lease) => lease.shard === shard)) holdings.delete(shard);
      }
      for (const lease of leases) {
        if (holdings.get(lease.shard)?.fence !== lease.fence) {
          holdings.set(lease.shard, createShardHolding(lease));
        }
      }
      if (holdings.size > 0 && !closing.signal.aborted) running ??= run();
    },
    async close() {
      closing.abort();
      connection?.stopWaiting();
      await running;
    },
  };
}

/** What can be applied at once: up to the first entry of an unknown type, and less after each failure. */
function toBatch(entries: readonly RawEntry[], failures: number, { handlers }: ApplyContext): RawEntry[] {
  const unknown = entries.findIndex(({ type }) => handlers[type] === undefined);
  const known = unknown === -1 ? entries.length : unknown;
  return entries.slice(0, Math.min(known, Math.max(1, Math.floor(batchMax / 4 ** failures))));
}
