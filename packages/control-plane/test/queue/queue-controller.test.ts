import { randomUUID } from 'node:crypto';
import { type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHostLab, eventually, type HostLab } from '../../../agents/test/host/host-lab.ts';
import { connectRedis } from '../../../engines/src/redis/connect-redis.ts';
import { createQueueProducer, type QueueProducer } from '../../../sdk/src/queue/producer.ts';
import { startLoop } from '../../src/loop.ts';
import { createSqliteJournal, type SqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createHostPlacement } from '../../src/placement/host-placement.ts';
import { createQueueController } from '../../src/queue/queue-controller.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const manifest = Manifest.parse({
  name: 'lab',
  owner: 'nobody',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['true'] }],
  stores: [
    { name: 'queue', kind: 'queue' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [{ name: 'write', path: ['queue'] }],
});
const now = Date.now;
const store = openMemoryStore();
const records = createSqliteRecords(store, { mirror: noMirror, now });
const journal: SqliteJournal = createSqliteJournal(store, now);

let lab: HostLab;
let placement: ReturnType<typeof createHostPlacement>;
let running: ReturnType<typeof startController>;
let producer: QueueProducer;
let zones: Zone[];

function startController() {
  const controller = createQueueController({
    environment: lab.environment,
    manifest,
    placement,
    records,
    journal,
    now,
  });
  const loop = startLoop([controller], { journal, now });
  const stopListening = placement.onChange(() => loop.nudge());
  return {
    status: () => controller.status()[0],
    async close() {
      stopListening();
      await loop.close();
    },
  };
}

beforeAll(async () => {
  lab = createHostLab('203.60');
  await lab.startHost('witness');
  placement = createHostPlacement({ environment: lab.environment });
  await Promise.all(['west-1', 'west-2'].map((zone) => placement.startZone(zone)));
  running = startController();
  zones = lab.environment.zones.filter(({ region }) => region === 'west');
  const { redis } = lab.environment.passwords;
  const urls = zones.map(({ address }) => `redis://:${redis}@${address}:${zonePorts.redisQueue}`);
  producer = createQueueProducer({ queues: [{ region: 'west', servers: urls }], timeoutMs: 20_000 });
});

afterAll(async () => {
  producer?.close();
  await running?.close();
  await placement?.close();
  await lab?.close();
});

const inSync = () =>
  eventually(
    'the queue is whole',
    () => running.status()?.state === 'healthy',
    () =>
      JSON.stringify([
        running.status(),
        journal.events({ after: 0, limit: 20 }).map(({ message }) => message),
      ]),
  );
const zoneOf = (unit: string | null | undefined) => (unit ?? '').replace('queue-', '');
const primaryZone = () => zoneOf(running.status()?.primary);
const otherZone = () => (primaryZone() === 'west-1' ? 'west-2' : 'west-1');
const pidOf = async (zone: string) =>
  (await lab.until(zone, `queue-${zone}`, ({ pid }) => pid !== null)).pid ?? 0;

/** Writes without a break; knows what was accepted and the longest silence between two answers. */
function startWriting() {
  const stop = new AbortController();
  const accepted: string[] = [];
  let lastAt = performance.now();
  let gapMs = 0;
  const callers = Array.from({ length: 8 }, async () => {
    while (!stop.signal.aborted) {
      const id = randomUUID();
      await producer.enqueue({ key: id, type: 'vote', body: id, idempotencyKey: id });
      accepted.push(id);
      gapMs = Math.max(gapMs, performance.now() - lastAt);
      lastAt = performance.now();
    }
  });
  return {
    accepted,
    gapMs: () => gapMs,
    async more() {
      const before = accepted.length;
      await eventually('writes flow', () => accepted.length > before + 200);
    },
    async end() {
      stop.abort();
      await Promise.all(callers);
    },
  };
}

async function expectAllOnce(accepted: readonly string[]) {
  const { address } = zones.find(({ name }) => name === primaryZone()) ?? { address: '' };
  const password = lab.environment.passwords.redis;
  const redis = await connectRedis({ address, port: zonePorts.redisQueue, password }, 5000);
  const kept: string[] = [];
  for (const incarnation of (await redis.send(['ZRANGE', queueKeys.incarnations, '0', '-1'])) as string[]) {
    for (let shard = 0; shard < queueShards; shard += 1) {
      const entries = await redis.send(['XRANGE', queueKeys.stream(shard, incarnation), '-', '+']);
      for (const [, fields] of entries as [string, string[]][])
        kept.push(String(JSON.parse(fields[5] ?? '')));
    }
  }
  redis.close();
  expect(new Set(kept).size).toBe(kept.length);
  expect(new Set(accepted).difference(new Set(kept)).size).toBe(0);
}

test('the pair comes up with two copies, beside its cache', async () => {
  await inSync();
  expect(running.status()).toMatchObject({ region: 'west', primary: 'queue-west-1', copies: 2, depth: 0 });
  await lab.until('west-2', 'cache-west', ({ state }) => state === 'ready');
  expect((await producer.enqueue({ key: 'k', type: 'vote', body: 'first' })).status).toBe('accepted');
});

test('the primary is killed: the copy takes over, and the killed one becomes its copy', async () => {
  await inSync();
  const writing = startWriting();
  await writing.more();
  const [old, next] = [primaryZone(), otherZone()];
  await placement.act(old, `queue-${old}`, 'kill');
  await eventually('the other serves', () => primaryZone() === next);
  await writing.more();
  await writing.end();

  expect(writing.gapMs()).toBeLessThan(3000);
  await inSync();
  expect(running.status()?.copies).toBe(2);
  await expectAllOnce(writing.accepted);
});

test('the copy is killed: one copy is enough for a while, then two again', async () => {
  await inSync();
  const after = journal.events({ after: 0, limit: 1 })[0]?.seq ?? 0;
  const writing = startWriting();
  await writing.more();
  await placement.act(otherZone(), `queue-${otherZone()}`, 'kill');
  const told = (type: string) => journal.events({ after, limit: 100 }).some((event) => event.type === type);
  await eventually('the loss is told', () => told('queue.copy-lost'));
  await eventually('the copy is back', () => told('queue.copy-confirmed'));
  await writing.end();

  expect(writing.gapMs()).toBeLessThan(3000);
  await inSync();
  expect(running.status()?.copies).toBe(2);
  await expectAllOnce(writing.accepted);
});

test('the primary freezes: it is killed, and its copy takes over', async () => {
  await inSync();
  const writing = startWriting();
  await writing.more();
  const [old, next] = [primaryZone(), otherZone()];
  process.kill(await pidOf(old), 'SIGSTOP');
  await eventually('the other serves', () => primaryZone() === next);
  await writing.more();
  await writing.end();

  await inSync();
  await expectAllOnce(writing.accepted);
});

test('the zone of the primary is lost and comes back', async () => {
  await inSync();
  const writing = startWriting();
  await writing.more();
  const [old, next] = [primaryZone(), otherZone()];
  await placement.outageZone(old);
  await eventually('the other serves', () => primaryZone() === next);
  await writing.more();
  await writing.end();

  expect(running.status()).toMatchObject({ state: 'degraded', copies: 1 });
  await placement.startZone(old);
  await inSync();
  await expectAllOnce(writing.accepted);
});

test('everything is killed at once, the controller too: the same primary goes on with all it had', async () => {
  await inSync();
  const writing = startWriting();
  await writing.more();
  const primary = primaryZone();
  const pids = await Promise.all(['west-1', 'west-2'].map(pidOf));
  await running.close();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  running = startController();
  await inSync();
  await writing.more();
  await writing.end();

  expect(primaryZone()).toBe(primary);
  await expectAllOnce(writing.accepted);
});
