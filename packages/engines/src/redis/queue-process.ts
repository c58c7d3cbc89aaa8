import type { QueueContent } from '@alwayson/protocol/queue-content.ts';
import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';
import { connectRedis, type RedisConnection } from './connect-redis.ts';
import { replicationUser } from './queue-config.ts';
import { putQueueContentBack, readQueueContent } from './queue-content.ts';
import type { RedisServerAddress } from './redis-config.ts';
import { parseRedisInfo } from './redis-info.ts';

/** What a queue server says of itself; see INFO in Redis' manual for the words behind it. */
interface QueueProcessReport {
  run: string;
  loading: boolean;
  role: 'primary' | 'replica';
  fenced: boolean;
  /** Replica: `address:port` of its primary. */
  follows: string | null;
  linked: boolean;
  syncing: boolean;
  settled: boolean;
  confirming: boolean;
  term: number;
  copies: 1 | 2 | null;
}

/** One running queue server, seen and steered over one connection: when the process ends, every call fails. */
export interface QueueProcess {
  readonly isOpen: boolean;
  report(): Promise<QueueProcessReport>;
  /** Entries in all streams of all incarnations. */
  depth(): Promise<number>;
  /** Of what it may use, 0..1; null when it has no bound. */
  memoryUsedRatio(): Promise<number | null>;
  /** By the server's own clock; 0 when no entry waits. */
  oldestAgeMs(): Promise<number>;
  /** Primary from now on: accepts writes and hands out copies. The term is written into its data. */
  unfence(options: { term: number; copies: 1 | 2 }): Promise<void>;
  follow(primary: { address: string; port: number }): Promise<void>;
  setCopies(copies: 1 | 2): Promise<void>;
  /** Asks for two copies, then waits until a replica has everything written up to now. */
  confirmCopy(timeoutMs: number): Promise<boolean>;
  /** Everything in all streams; cut when it is more than `bytesMax`. */
  content(bytesMax: number): Promise<QueueContent>;
  /** Returns how many were put back: those that lie there still are not. May be repeated. */
  putBack(content: Pick<QueueContent, 'incarnations' | 'streams'>, withinMs: number): Promise<number>;
  close(): void;
}

/** A replica that was silent for longer does not count as confirming; it reports every second. */
const lagSecondsMax = 2;

export async function connectQueueProcess(
  server: RedisServerAddress,
  timeoutMs: number,
): Promise<QueueProcess> {
  const connection = await connectRedis(server, timeoutMs);
  const { send } = connection;
  return {
    get isOpen() {
      return connection.isOpen;
    },
    close: connection.close,
    async report() {
      const [info, values] = await Promise.all([
        send(['INFO', 'server', 'replication', 'persistence']),
        // Not answered while the data is being loaded.
        send(['MGET', queueKeys.term, queueKeys.copies]).catch(ignoreLoading),
      ]);
      const [term, copies] = (values ?? []) as (string | null)[];
      return toReport(parseRedisInfo(String(info)), { term, copies });
    },
    async depth() {
      const streams = await listStreams(send);
      const lengths = await Promise.all(streams.map((stream) => send(['XLEN', stream])));
      return lengths.reduce<number>((sum, length) => sum + Number(length), 0);
    },
    async memoryUsedRatio() {
      const info = parseRedisInfo(String(await send(['INFO', 'memory'])));
      const max = Number(info.get('maxmemory') ?? 0);
      return max > 0 ? Math.min(1, Number(info.get('used_memory')) / max) : null;
    },
    async oldestAgeMs() {
      const streams = await listStreams(send);
      const heads = await Promise.all(
        streams.map((stream) => send(['XRANGE', stream, '-', '+', 'COUNT', '1'])),
      );
      // Asked after the heads: nothing seen there is of the future.
      const [seconds, microseconds] = (await send(['TIME'])) as [string, string];
      const nowMs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
      const times = (heads as [string, unknown][][]).flatMap((head) =>
        head.map(([id]) => Number.parseInt(id, 10)),
      );
      return times.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...times));
    },
    async unfence({ term, copies }) {
      await Promise.all([
        send(['REPLICAOF', 'NO', 'ONE']),
        send(['CONFIG', 'SET', 'min-replicas-to-write', '0']),
        send(['SET', queueKeys.term, String(term)]),
        send(['SET', queueKeys.copies, String(copies)]),
        send(['ACL', 'SETUSER', replicationUser, 'on']),
      ]);
    },
    async follow({ address, port }) {
      await send(['REPLICAOF', address, String(port)]);
    },
    async setCopies(copies) {
      await send(['SET', queueKeys.copies, String(copies)]);
    },
    async confirmCopy(waitMs) {
      const [, confirmed] = await Promise.all([
        send(['SET', queueKeys.copies, '2']),
        send(['WAIT', '1', String(waitMs)], waitMs + timeoutMs),
      ]);
      return Number(confirmed) >= 1;
    },
    content: (bytesMax) => readQueueContent(connection, bytesMax),
    putBack: (content, withinMs) => putQueueContentBack(connection, content, withinMs),
  };
}

/** The streams of all shards of all incarnations. */
async function listStreams(send: RedisConnection['send']): Promise<string[]> {
  const incarnations = (await send(['ZRANGE', queueKeys.incarnations, '0', '-1'])) as string[];
  return incarnations.flatMap((incarnation) =>
    Array.from({ length: queueShards }, (_, shard) => queueKeys.stream(shard, incarnation)),
  );
}

function ignoreLoading(error: unknown): null {
  if (error instanceof Error && error.message.startsWith('LOADING')) return null;
  throw error;
}

function toReport(
  info: ReadonlyMap<string, string>,
  values: { term: string | null | undefined; copies: string | null | undefined },
): QueueProcessReport {
  const replica = info.get('role') === 'slave';
  return {
    run: info.get('run_id') ?? '',
    loading: info.get('loading') !== '0',
    role: replica ? 'replica' : 'primary',
    // Redis shows the field only while a number of replicas is asked for.
    fenced: !replica && info.has('min_slaves_good_slaves'),
    follows: replica ? `${info.get('master_host')}:${info.get('master_port')}` : null,
    linked: replica && info.get('master_link_status') === 'up',
    syncing: replica && info.get('master_sync_in_progress') !== '0',
    settled:
      info.get('aof_rewrite_in_progress') === '0' &&
      info.get('aof_rewrite_scheduled') === '0' &&
      info.get('aof_last_bgrewrite_status') === 'ok' &&
      info.get('aof_last_write_status') === 'ok',
    confirming: hasConfirmingReplica(info.get('slave0')),
    term: Number(values.term ?? 0),
    copies: values.copies === '2' ? 2 : values.copies === '1' ? 1 : null,
  };
}

/** `slave0:ip=127.1.1.2,port=6379,state=online,offset=42,lag=0` */
function hasConfirmingReplica(line: string | undefined): boolean {
  const lag = /state=online,.*lag=(\d+)/.exec(line ?? '')?.[1];
  return lag !== undefined && Number(lag) <= lagSecondsMax;
}
