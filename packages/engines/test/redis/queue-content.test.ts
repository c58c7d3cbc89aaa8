import type { QueueContent } from '@alwayson/protocol/queue-content.ts';
import { queueKeys } from '@alwayson/protocol/workload-environment.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectRedis, type RedisConnection } from '../../src/redis/connect-redis.ts';
import { connectQueueProcess, type QueueProcess } from '../../src/redis/queue-process.ts';
import { eventually, queueConfigFor, type RunningRedis, startRedis } from './running-redis.ts';

const address = { address: '127.203.2.1', port: 6379, password: 'secret' };
const run = 'a'.repeat(40);
const stream = queueKeys.stream(3, run);
const bytesMax = 1_000_000;

let server: RunningRedis;
let process: QueueProcess;
let redis: RedisConnection;
beforeEach(async () => {
  server = await startRedis(queueConfigFor(address));
  process = await eventually(() => connectQueueProcess(address, 10_000));
  redis = await connectRedis(address, 10_000);
  await process.unfence({ term: 1, copies: 1 });
});
afterEach(async () => {
  redis.close();
  process.close();
  await server.kill();
});

const add = (id: string) => redis.send(['XADD', stream, id, 'k', 'key', 'b', `body of ${id}`]);
const idsIn = async () => ((await redis.send(['XRANGE', stream, '-', '+'])) as [string][]).map(([id]) => id);
const register = () => redis.send(['ZADD', queueKeys.incarnations, '7', run]);

async function keepThree(): Promise<QueueContent> {
  await register();
  for (const id of ['10-0', '10-1', '11-0']) await add(id);
  return process.content(bytesMax);
}

test('what waits is read with its ids and fields, by shard and process', async () => {
  const kept = await keepThree();
  expect(kept).toEqual({
    incarnations: [{ run, score: 7 }],
    streams: [
      {
        shard: 3,
        run,
        entries: ['10-0', '10-1', '11-0'].map((id) => [id, ['k', 'key', 'b', `body of ${id}`]]),
      },
    ],
    isCut: false,
  });
});

test('more than is wanted is cut, the newest first', async () => {
  await keepThree();
  const cut = await process.content(50);
  expect(cut.isCut).toBe(true);
  expect(cut.streams.flatMap(({ entries }) => entries.map(([id]) => id))).toEqual(['10-0', '10-1']);
});

test('more entries than one page holds come back as they were', async () => {
  await register();
  const ids = Array.from({ length: 1203 }, (_, index) => `${index + 1}-0`);
  await Promise.all(ids.map(add));
  const kept = await process.content(bytesMax);
  await redis.send(['XTRIM', stream, 'MAXLEN', '0']);
  expect(await process.putBack(kept, 10_000)).toBe(ids.length);
  expect(await idsIn()).toEqual(ids);
});

test('what was applied and dropped is put back in front of what came later, under its own ids; again changes nothing', async () => {
  const kept = await keepThree();
  await redis.send(['XTRIM', stream, 'MINID', '11-0']);
  await add('20-0');
  expect(await process.putBack(kept, 10_000)).toBe(2);
  expect(await idsIn()).toEqual(['10-0', '10-1', '11-0', '20-0']);
  expect(await process.putBack(kept, 10_000)).toBe(0);
  expect(await idsIn()).toEqual(['10-0', '10-1', '11-0', '20-0']);
});

test('an id that was given out is not given out again', async () => {
  const kept = await keepThree();
  const farAhead = '99999999999999-0';
  await add(farAhead);
  await redis.send(['XTRIM', stream, 'MAXLEN', '0']);
  expect(await process.putBack(kept, 10_000)).toBe(3);
  expect(await redis.send(['XADD', stream, '*', 'k', 'new'])).toBe('99999999999999-1');
});

test('the process that accepted them is known again, before those that came after it', async () => {
  const kept = await keepThree();
  await redis.send(['DEL', stream, queueKeys.incarnations]);
  await redis.send(['ZADD', queueKeys.incarnations, '9', 'b'.repeat(40)]);
  await process.putBack(kept, 10_000);
  expect(await redis.send(['ZRANGE', queueKeys.incarnations, '0', '-1'])).toEqual([run, 'b'.repeat(40)]);
  expect(await process.depth()).toBe(3);
});

test('a server that takes no writes says so', async () => {
  const kept = await keepThree();
  await redis.send(['CONFIG', 'SET', 'min-replicas-to-write', '1000']);
  await expect(process.putBack(kept, 10_000)).rejects.toThrow('NOREPLICAS');
});
