import type { KeptEntry, KeptStream, QueueContent } from '@alwayson/protocol/queue-content.ts';
import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';
import type { RedisConnection } from './connect-redis.ts';

const pageEntries = 500;
/** Of one page. */
const timeoutMs = 10_000;

type Send = (command: readonly string[]) => Promise<unknown>;

/**
 * Puts entries back in front of those that are there, under their own ids: whoever has applied them before knows it by these. What is there
 * already, and all that follows, is left out. KEYS: stream, entries to put back (a stream), incarnations. ARGV: run, its score, how many entries
 * there are: those that could not be written are missing for good once later ones are in.
 */
const putBackScript = `
if redis.call('XLEN', KEYS[2]) ~= tonumber(ARGV[3]) then return redis.error_reply('ERR entries are missing') end
redis.call('ZADD', KEYS[3], 'NX', ARGV[2], ARGV[1])
local last = nil
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
local there = redis.call('XRANGE', KEYS[1], '-', '+')
local before = redis.call('XRANGE', KEYS[2], '-', there[1] and '(' .. there[1][1] or '+')
redis.call('DEL', KEYS[2])
if #before == 0 then return 0 end
redis.call('DEL', KEYS[1])
for _, entry in ipairs(before) do redis.call('XADD', KEYS[1], entry[1], unpack(entry[2])) end
for _, entry in ipairs(there) do redis.call('XADD', KEYS[1], entry[1], unpack(entry[2])) end
if last then redis.call('XSETID', KEYS[1], last) end
return #before
`;

/** Everything in all streams, the oldest first; cut when it is more than `bytesMax`. */
export async function readQueueContent(
  connection: Pick<RedisConnection, 'send'>,
  bytesMax: number,
): Promise<QueueContent> {
  const send: Send = (command) => connection.send(command, timeoutMs);
  const scored = await send(['ZRANGE', queueKeys.incarnations, '0', '-1', 'WITHSCORES']);
  const incarnations = (scored as [string, number][]).map(([run, score]) => ({ run, score }));
  const streams: KeptStream[] = [];
  let bytesLeft = bytesMax;
  for (const { run } of incarnations) {
    for (let shard = 0; shard < queueShards; shard += 1) {
      const { entries, bytes, isCut } = await readStream(send, queueKeys.stream(shard, run), bytesLeft);
      if (entries.length > 0) streams.push({ shard, run, entries });
      if (isCut) return { incarnations, streams, isCut: true };
      bytesLeft -= bytes;
    }
  }
  return { incarnations, streams, isCut: false };
}

async function readStream(send: Send, stream: string, bytesMax: number) {
  const entries: KeptEntry[] = [];
  let bytes = 0;
  for (;;) {
    const last = entries.at(-1);
    const from = last === undefined ? '-' : `(${last[0]}`;
    const page = (await send(['XRANGE', stream, from, '+', 'COUNT', String(pageEntries)])) as KeptEntry[];
    for (const entry of page) {
      bytes += entry[1].reduce((sum, field) => sum + Buffer.byteLength(field), entry[0].length);
      if (bytes > bytesMax) return { entries, bytes, isCut: true };
      entries.push(entry);
    }
    if (page.length < pageEntries) return { entries, bytes, isCut: false };
  }
}

/** Returns how many were put back: those that lie there still are not. May be repeated. Throws where the server takes no writes. */
export async function putQueueContentBack(
  connection: Pick<RedisConnection, 'send'>,
  { incarnations, streams }: Pick<QueueContent, 'incarnations' | 'streams'>,
  withinMs: number,
): Promise<number> {
  const send: Send = (command) => connection.send(command, withinMs);
  const scores = new Map(incarnations.map(({ run, score }) => [run, score]));
  const putBack = async ({ shard, run, entries }: KeptStream) => {
    const stream = queueKeys.stream(shard, run);
    const aside = `${stream}:back`;
    const keys = ['3', stream, aside, queueKeys.incarnations];
    // One connection answers in the order in which it is asked: nothing has to be waited for in between.
    const added = [
      send(['DEL', aside]),
      ...entries.map(([id, fields]) => send(['XADD', aside, id, ...fields])),
    ];
    const about = [run, String(scores.get(run) ?? 0), String(entries.length)];
    const merged = send(['EVAL', putBackScript, ...keys, ...about]);
    const [count] = await Promise.all([merged, ...added]);
    return Number(count);
  };
  const counts = await Promise.all(streams.map(putBack));
  return counts.reduce((sum, count) => sum + count, 0);
}
