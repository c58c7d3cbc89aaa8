import { queueKeys } from '@alwayson/protocol/workload-environment.ts';
import { afterEach, expect, test } from 'vitest';
import { renderCacheConfig } from '../../src/redis/cache-config.ts';
import { connectRedis } from '../../src/redis/connect-redis.ts';
import { connectQueueProcess } from '../../src/redis/queue-process.ts';
import { eventually, queueConfigFor, type RunningRedis, startRedis } from './running-redis.ts';

const servers: RunningRedis[] = [];
afterEach(async () => {
  for (const running of servers.splice(0)) await running.kill();
});

const server = (last: number) => ({ address: `127.203.1.${last}`, port: 6379, password: 'secret' });

async function start(config: string): Promise<RunningRedis['child']> {
  const running = await startRedis(config);
  servers.push(running);
  return running.child;
}

const startQueue = async (last: number) => {
  const child = await start(queueConfigFor(server(last)));
  return { child, process: await eventually(() => connectQueueProcess(server(last), 500)) };
};

test('a queue server starts fenced, with commands that empty or stall it out of reach', async () => {
  const { process } = await startQueue(1);
  expect(await process.report()).toMatchObject({ role: 'primary', fenced: true, term: 0, copies: null });
  const redis = await connectRedis(server(1), 500);
  await expect(redis.send(['XADD', 's', '*', 'k', 'v'])).rejects.toThrow('NOREPLICAS');
  await expect(redis.send(['EVAL', "return redis.call('SET', 'k', 'v')", '0'])).rejects.toThrow('NOREPLICAS');
  for (const command of ['KEYS', 'FLUSHALL', 'DEBUG']) {
    await expect(redis.send([command, '*'])).rejects.toThrow('unknown command');
  }
  await process.unfence({ term: 4, copies: 1 });
  expect(await process.report()).toMatchObject({ role: 'primary', fenced: false, term: 4, copies: 1 });
  expect(await redis.send(['SET', 'k', 'v'])).toBe('OK');
  redis.close();
  process.close();
});

test('a server that was not let serve gives its data to nobody', async () => {
  const [one, two] = [await startQueue(2), await startQueue(3)];
  await two.process.follow(server(2));
  await eventually(async () => (await two.process.report()).role === 'replica');
  expect(await one.process.confirmCopy(300).catch(() => false)).toBe(false);
  expect((await two.process.report()).linked).toBe(false);
  await one.process.unfence({ term: 1, copies: 2 });
  await eventually(async () => one.process.confirmCopy(300));
  expect(await two.process.report()).toMatchObject({
    follows: '127.203.1.2:6379',
    linked: true,
    term: 1,
    copies: 2,
  });
  expect(await one.process.report()).toMatchObject({ confirming: true });
  two.process.close();
  one.process.close();
});

test('a connection belongs to one process, and says whether nobody listens or nobody answers', async () => {
  const { child, process } = await startQueue(4);
  child.kill('SIGSTOP');
  await expect(process.report()).rejects.toMatchObject({ code: 'AON_QUEUE' });
  await expect(connectQueueProcess(server(4), 200)).rejects.toMatchObject({ code: 'AON_QUEUE' });
  expect(process.isOpen).toBe(false);
  child.kill('SIGKILL');
  await eventually(async () => child.signalCode !== null);
  await expect(connectQueueProcess(server(4), 200)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a cache forgets what was not used for long, and keeps nothing on disk', async () => {
  await start(renderCacheConfig(server(5)));
  const redis = await eventually(() => connectRedis(server(5), 500));
  const settings = await redis.send(['CONFIG', 'GET', 'maxmemory', 'maxmemory-policy', 'appendonly', 'save']);
  expect(settings).toEqual({
    maxmemory: String(64 * 1024 * 1024),
    'maxmemory-policy': 'allkeys-lru',
    appendonly: 'no',
    save: '',
  });
  redis.close();
});

test('the age of the oldest entry is told by the clock of the server', async () => {
  const { process } = await startQueue(4);
  await process.unfence({ term: 1, copies: 1 });
  expect(await process.oldestAgeMs()).toBe(0);
  const redis = await connectRedis(server(4), 500);
  const acceptedAt = Date.now() - 30_000;
  await redis.send(['ZADD', queueKeys.incarnations, '1', 'one']);
  await redis.send(['XADD', queueKeys.stream(0, 'one'), `${acceptedAt}-0`, 'k', 'v']);
  await redis.send(['XADD', queueKeys.stream(3, 'one'), '*', 'k', 'v']);
  const ageMs = await process.oldestAgeMs();
  expect(ageMs).toBeGreaterThanOrEqual(30_000);
  expect(ageMs).toBeLessThan(35_000);
  expect(await process.depth()).toBe(2);
  redis.close();
  process.close();
});

test('memory is told against its bound, and not at all without one', async () => {
  const { process } = await startQueue(5);
  await process.unfence({ term: 1, copies: 1 });
  const idle = await process.memoryUsedRatio();
  expect(idle).toBeGreaterThan(0);
  expect(idle).toBeLessThan(0.1);
  const redis = await connectRedis(server(5), 5000);
  await redis.send(['CONFIG', 'SET', 'maxmemory', '40000000']);
  const less = await process.memoryUsedRatio();
  expect(less).toBeGreaterThan((idle ?? 0) * 5);
  await redis.send(['SETRANGE', 'large', '4000000', 'x']);
  expect(await process.memoryUsedRatio()).toBeGreaterThan((less ?? 0) + 0.09);
  await redis.send(['CONFIG', 'SET', 'maxmemory', '0']);
  expect(await process.memoryUsedRatio()).toBeNull();
  redis.close();
  process.close();
});

test('an answer that came in time is not late because the process was held up; one that did not come closes the connection', async () => {
  const { child } = await startQueue(7);
  const redis = await connectRedis(server(7), 1000);
  const pong = redis.send(['PING']);
  // Written in the next turn; the answer comes while the process is held up, for longer than a full machine keeps it.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const until = performance.now() + 2500;
  while (performance.now() < until);
  expect(await pong).toBe('PONG');
  child.kill('SIGSTOP');
  await expect(redis.send(['PING'])).rejects.toMatchObject({ code: 'AON_QUEUE' });
  expect(redis.isOpen).toBe(false);
});
