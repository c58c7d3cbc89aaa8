import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueRegion } from '../identity.ts';
import { applyFound } from './apply-found.ts';
import { loadPositions } from './load-positions.ts';
import { msToNextBeat } from './next-beat.ts';
import { openReadConnection, type ReadConnection } from './read-connection.ts';
import type { ReaderContext } from './reader-context.ts';
import { createShardHolding, type ShardHolding } from './shard-holding.ts';

const reconnectPauseMs = 100;
/** A quiet beat is rare: it is waited for, so that what it claims is read with the next read. */
const quietBeatMs = 200;

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
  /** Shards change hands also when the past was put back into the queue, under names that are not looked for twice. */
  let isOutdated = false;

  const connect = async () => {
    if (isOutdated) connection?.close();
    isOutdated = false;
    return connection?.isOpen ? connection : openReadConnection(queue);
  };

  const run = async () => {
    while (holdings.size > 0 && !closing.signal.aborted) {
      try {
        connection = await connect();
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
    await loadPositions(context, { queue: queue.region, due, reader });
    const ready = due.filter(({ positions }) => positions !== null);
    const isQuiet = context.isQuiet();
    const wake = Math.min(
      ...held.map(({ notBefore }) => notBefore).filter((at) => at > now),
      now + Math.ceil(msToNextBeat(isQuiet)) + (isQuiet ? quietBeatMs : 0),
    );
    if (ready.length === 0) {
      await reader.measure(held);
      await sleep(Math.max(10, wake - now), undefined, { signal: closing.signal });
      return;
    }
    const found = await reader.read(ready, wake - now);
    await Promise.all(
      found.map((batch) => applyFound(context, { queue: queue.region, found: batch, reader })),
    );
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
          isOutdated = true;
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
