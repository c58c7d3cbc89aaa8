import { isDeepStrictEqual } from 'node:util';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { Observation } from '@alwayson/protocol/observation.ts';
import { bucketSeconds, TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { until } from '../gateway/rig.ts';

/** The observer's process with nothing around it: lines come as the gateway sends them, the gateway itself is away. */
const net = '127.201.1';
const address = `${net}.12`;
const base = `http://${address}:7200`;
const headers = { authorization: 'Bearer agents' };
let folder: string;
let observer: ChildProcess;
let firstSpawnedAt = 0;
const socket = createSocket('udp4');
let seq = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alwayson-observer-'));
  const manifest = Manifest.parse({
    name: 'test',
    owner: 'tests',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'web', command: ['node'], routes: ['/'] }],
    flows: [{ name: 'browse', path: ['web'] }],
  });
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'environment.json'), JSON.stringify(toEnvironment(folder)));
  await mkdir(join(folder, 'unit'));
  firstSpawnedAt = Date.now();
  observer = await startObserver();
});
afterAll(async () => {
  socket.close();
  await stopWith('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function startObserver(): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('../../src/observer/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    cwd: join(folder, 'unit'),
    env: {
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ALWAYSON_ENVIRONMENT: join(folder, 'environment.json'),
      ALWAYSON_REGION: 'west',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(() => observe().then(Boolean, () => false), 'the observer');
  return child;
}

async function stopWith(signal: NodeJS.Signals): Promise<void> {
  observer.kill(signal);
  await until(() => observer.exitCode !== null || observer.signalCode !== null, 'the observer to end');
}

const observe = async () => Observation.parse(await (await fetch(`${base}/observation`, { headers })).json());
const history = async (from: number) =>
  TrafficHistory.parse(
    await (await fetch(`${base}/history?from=${from}&to=${from + 3600}`, { headers })).json(),
  );
const toSlice = (ms: number) => Math.floor(ms / 1000 / bucketSeconds) * bucketSeconds;

function sendLine(change: Record<string, unknown> = {}): void {
  seq += 1;
  const line = { b: '1.1', n: seq, t: Date.now(), f: 'browse', m: 'GET', p: '/', s: 200, x: '--' };
  const rest = { c: 'live_web', v: 'west-1-aaaaaa', r: '0', a: 3, d: 4, o: 100, i: '', y: '' };
  socket.send(JSON.stringify({ ...line, ...rest, ...change }), 7201, address);
}

function measure({ buckets }: TrafficHistory): { good: number; bad: number; share: number } {
  const count = (isGood: boolean) =>
    buckets
      .filter(({ cause }) => (cause === 'ok') === isGood)
      .flatMap(({ latency }) => latency)
      .reduce((sum, samples) => sum + samples, 0);
  return { good: count(true), bad: count(false), share: count(true) / (count(true) + count(false)) };
}

test('killed with -9, it keeps what was written, and what nobody heard is neither good nor covered', async () => {
  const from = toSlice(firstSpawnedAt);
  let sent = 0;
  // One in ten fails, all the time, whether the observer lives or not.
  const sender = setInterval(() => {
    sent += 1;
    sendLine(sent % 10 === 0 ? { s: 503, x: 'SC', v: '<NOSRV>' } : {});
  }, 50);
  onTestFinished(() => clearInterval(sender));
  const isWhole = async () => (await history(from)).coverage.some(({ complete }) => complete);
  await until(isWhole, 'a whole slice').catch(() => until(isWhole, 'a whole slice'));
  const before = await history(from);
  // It was not there yet when that slice began.
  expect(before.coverage.find(({ at }) => at === from)?.complete ?? false).toBe(false);

  const killedAt = Date.now();
  await stopWith('SIGKILL');
  await sleep(3000);
  observer = await startObserver();
  const startedAt = Date.now();
  const kept = await history(from);
  expect(measure(kept).good).toBeGreaterThanOrEqual(measure(before).good);
  const { flows } = await observe();
  expect(flows.find(({ flow }) => flow === 'browse')?.good).toBeGreaterThanOrEqual(measure(before).good);

  const restarted = toSlice(startedAt);
  const isTold = async () => (await history(from)).to > restarted + bucketSeconds;
  await until(isTold, 'the slices after it').catch(() => until(isTold, 'the slices after it'));
  clearInterval(sender);
  const after = await history(from);
  const sliceAt = (at: number) => after.coverage.find((slice) => slice.at === at);
  for (let at = toSlice(killedAt); at <= restarted; at += bucketSeconds) {
    expect(sliceAt(at)?.complete ?? false).toBe(false);
  }
  expect(sliceAt(restarted + bucketSeconds)).toMatchObject({ complete: true, linesLost: 0 });
  for (const { at, complete } of before.coverage) {
    if (at < toSlice(killedAt) - bucketSeconds) expect(sliceAt(at)?.complete).toBe(complete);
  }
  // At least those of the three seconds; at most those of the last unwritten slice too.
  const { linesLost } = await observe();
  expect(linesLost).toBeGreaterThanOrEqual(50);
  expect(after.coverage.reduce((sum, slice) => sum + slice.linesLost, 0)).toBe(linesLost);
  // Silence is not success: the share of good ones stays what users got.
  expect(measure(after).share).toBeLessThanOrEqual(0.92);
  expect(measure(after).share).toBeGreaterThan(0.85);
  expect(measure(after).good + measure(after).bad + linesLost).toBeGreaterThanOrEqual(sent - 300);
});

test('stopped properly it loses nothing it heard', async () => {
  const heard = async () => (await observe()).flows.find(({ flow }) => flow === 'browse');
  const good = (await heard())?.good ?? 0;
  sendLine();
  await until(async () => (await heard())?.good === good + 1, 'the last line');
  const before = await heard();
  await stopWith('SIGTERM');
  expect(observer.exitCode).toBe(0);
  observer = await startObserver();
  expect(await heard()).toMatchObject({ good: before?.good, bad: before?.bad });
  expect((await observe()).linesLost).toBeGreaterThan(0);
});

test('the last half minute is told in slices, and a range is asked for properly', async () => {
  for (let index = 0; index < 5; index += 1) sendLine({ v: 'west-2-bbbbbb', s: index === 0 ? 500 : 200 });
  sendLine({ v: 'west-2-bbbbbb', y: '1', s: 500 });
  const countsOf = async () => {
    const window = (await observe()).windows?.find((entry) => entry.stamp === 'west-2-bbbbbb');
    const slices = window?.slices ?? [];
    const sum = (pick: 'good' | 'bad') => slices.reduce((total, slice) => total + slice[pick], 0);
    return [window?.flow, sum('good'), sum('bad')];
  };
  await until(async () => isDeepStrictEqual(await countsOf(), ['browse', 4, 1]), 'the window');
  for (const query of ['', '?from=5&to=5', '?from=a&to=b']) {
    const answer = await fetch(`${base}/history${query}`, { headers });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      400,
      'AON_REQUEST_INVALID',
    ]);
  }
  expect((await fetch(`${base}/history?from=1&to=2`)).status).toBe(401);
  const metrics = await (await fetch(`${base}/metrics`)).text();
  expect(metrics).toMatch(/alwayson_flow_causes_total\{flow="browse",cause="no-stamp"\} \d+/);
  expect(metrics).toMatch(/alwayson_history_bytes\{region="west"\} [1-9]/);
});

function toEnvironment(dir: string) {
  const url = `http://${net}.100:18080`;
  const passwords = {
    postgresSuperuser: '',
    postgresReplication: '',
    postgresApplication: '',
    redis: '',
  };
  return {
    format: 1,
    name: 'test',
    type: 'sandbox',
    workload: 'test',
    workloadDir: dir,
    configFile: join(dir, 'alwayson.config.ts'),
    stateDir: dir,
    runDir: dir,
    installDir: dir,
    createdAt: new Date().toISOString(),
    frontDoor: { port: 18_080, url },
    console: { port: 18_081, url },
    zones: [
      { name: 'west-1', region: 'west', address: `${net}.11` },
      { name: 'west-2', region: 'west', address },
    ],
    tokens: { agents: 'agents', probe: 'probe', operator: 'operator', apiKeys: ['key'] },
    passwords,
  };
}
