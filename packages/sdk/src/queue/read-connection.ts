import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';
import type { QueueRegion } from '../identity.ts';
import { findPrimary } from './queue-connection.ts';
import { fromStream, type RawEntry, toNextId, toTime } from './queue-entry.ts';
import { forgetScript } from './queue-scripts.ts';
import type { ShardHolding } from './shard-holding.ts';

/** Entries of one shard that are read at once. */
export const batchMax = 500;
const connectTimeoutMs = 1000;
const answerTimeoutMs = 1500;

/** What was read of one shard. */
export interface Found {
  holding: ShardHolding;
  incarnation: string;
  entries: RawEntry[];
}

export interface ReadConnection {
  readonly isOpen: boolean;
  /** The next entries of each shard, older incarnations first; waits for one for up to `waitMs`. */
  read(holdings: readonly ShardHolding[], waitMs: number): Promise<Found[]>;
  /** How much waits in each shard and since when, without reading it. */
  measure(holdings: readonly ShardHolding[]): Promise<void>;
  /** Drops applied entries, together with the next read. */
  trim(applied: { shard: number; incarnation: string; lastId: string }): void;
  /** Ends a read that is only waiting. */
  stopWaiting(): void;
  close(): void;
}

type StreamReply = Record<string, [string, string[]][]> | null;

/** Finds the region's primary. Throws when there is none. */
export async function openReadConnection(queue: QueueRegion): Promise<ReadConnection> {
  const connection = await findPrimary(queue, connectTimeoutMs);
  const { send, within, run: current } = connection;
  const all = send(['ZRANGE', queueKeys.incarnations, '0', '-1']);
  const incarnations = (await within(all, answerTimeoutMs)) as string[];
  // Only the process at the other end adds entries, under its own name: what is drained of the others stays drained.
  const older = incarnations.filter((incarnation) => incarnation !== current);
  const drained = new Set<string>();
  /** Streams trimmed through this connection: what was trimmed through another may not have reached this server. */
  const trimmed = new Set<string>();
  let trims: string[][] = [];
  let waiting = false;

  const sourceOf = ({ shard }: ShardHolding) => {
    const behind = older.find((incarnation) => !drained.has(queueKeys.stream(shard, incarnation)));
    const incarnation = behind ?? current;
    return { behind: behind !== undefined, incarnation, stream: queueKeys.stream(shard, incarnation) };
  };

  const trim: ReadConnection['trim'] = ({ shard, incarnation, lastId }) => {
    const stream = queueKeys.stream(shard, incarnation);
    trimmed.add(stream);
    trims.push(['XTRIM', stream, 'MINID', toNextId(lastId)]);
  };

  const forget = (incarnation: string) => {
    const streams = Array.from({ length: queueShards }, (_, shard) => queueKeys.stream(shard, incarnation));
    const keys = [queueKeys.incarnations, ...streams];
    return send(['EVAL', forgetScript, String(keys.length), ...keys, incarnation]);
  };

  const measure = async (holdings: readonly ShardHolding[]) => {
    const measuring = holdings.map(async (holding) => {
      const { stream } = sourceOf(holding);
      const [length, heads] = await Promise.all([
        send(['XLEN', stream]),
        send(['XRANGE', stream, '-', '+', 'COUNT', '1']),
      ]);
      const [head] = heads as [string, string[]][];
      holding.depth = Number(length);
      holding.waitingSince = head === undefined ? null : toTime(head[0]);
    });
    await within(Promise.all(measuring), answerTimeoutMs);
  };

  return {
    get isOpen() {
      return connection.isOpen;
    },
    async read(holdings, waitMs) {
      const sources = holdings.map((holding) => ({ holding, ...sourceOf(holding) }));
      const block = sources.some(({ behind }) => behind) ? [] : ['BLOCK', String(Math.max(1, waitMs))];
      const ids = sources.map(({ holding, incarnation }) => holding.positions?.get(incarnation) ?? '0-0');
      const streams = sources.map(({ stream }) => stream);
      for (const [n, { holding, incarnation, stream }] of sources.entries()) {
        if (!trimmed.has(stream)) trim({ shard: holding.shard, incarnation, lastId: ids[n] ?? '0-0' });
      }
      const trimming = trims.map(send);
      trims = [];
      const reading = send(['XREAD', 'COUNT', String(batchMax), ...block, 'STREAMS', ...streams, ...ids]);
      waiting = block.length > 0;
      const answers = Promise.all([reading, ...trimming]);
      const [reply] = await within(answers, waitMs + answerTimeoutMs).finally(() => (waiting = false));
      const found = sources.map(({ holding, incarnation, stream, behind }) => {
        const entries = ((reply as StreamReply)?.[stream] ?? []).map(fromStream);
        if (behind && entries.length === 0) drained.add(stream);
        holding.depth = entries.length;
        return { holding, incarnation, entries };
      });
      // A full batch may be the beginning of more.
      const full = found.filter(({ entries }) => entries.length === batchMax);
      if (full.length > 0) await measure(full.map(({ holding }) => holding));
      const done = sources.filter(({ behind, stream }) => behind && drained.has(stream));
      await Promise.all(done.map(({ incarnation }) => within(forget(incarnation), answerTimeoutMs)));
      return found;
    },
    measure,
    trim,
    stopWaiting() {
      if (waiting) connection.close();
    },
    close: connection.close,
  };
}
