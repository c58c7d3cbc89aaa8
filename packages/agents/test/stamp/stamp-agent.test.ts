import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ComponentReadiness } from '@alwayson/protocol/stamp-health.ts';
import { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';

const host = '127.205.20.1';
const url = `http://${host}:10000`;
const path = '/healthservice/health/stamp';
const program = join(import.meta.dirname, '../../src/stamp/main.ts');

/** A component that answers its probe as a test wants it to. */
class FakeComponent {
  readonly port: number;
  answer: { status: number; body: Partial<ComponentReadiness> } | 'hang' = {
    status: 200,
    body: { ready: true },
  };
  /** When it was asked, on the clock of this process. */
  readonly askedAt: number[] = [];
  #server: Server | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    this.#server = createServer((_request, response) => {
      this.askedAt.push(performance.now());
      if (this.answer === 'hang') return;
      response.writeHead(this.answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.answer.body));
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.port, host, resolve));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(null)));
    this.#server = undefined;
  }
}

let folder: string;
let agent: ChildProcess;
let api: FakeComponent;
let worker: FakeComponent;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alwayson-stamp-'));
  [api, worker] = [new FakeComponent(10_001), new FakeComponent(10_002)];
  await Promise.all([api.start(), worker.start()]);
  await writeFile(
    join(folder, 'manifest.json'),
    JSON.stringify({ dependencies: [{ from: 'api', to: 'database', scope: 'global' }] }),
  );
  agent = await startAgent();
});
afterEach(async () => {
  await end(agent, 'SIGKILL');
  await Promise.all([api.stop(), worker.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function startAgent(variables: Record<string, string> = {}): Promise<ChildProcess> {
  const file = join(folder, 'environment.json');
  await writeFile(file, JSON.stringify(environment(folder)));
  const probe = { path: '/readyz', timeoutMs: 400 };
  const components = [
    { name: 'api', port: 10_001, probe, required: true },
    { name: 'worker', port: 10_002, probe, required: false },
  ];
  const env = {
    ...process.env,
    ALWAYSON_ENVIRONMENT: file,
    ALWAYSON_STAMP: 'west-1-abcdef',
    ALWAYSON_REGION: 'west',
    ALWAYSON_ZONE: 'west-1',
    ALWAYSON_RELEASE: 'abcdef0123',
    ALWAYSON_STAMP_COMPONENTS: JSON.stringify(components),
    HOST: host,
    PORT: '10000',
    ...variables,
  };
  return spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

function environment(stateDir: string) {
  const zone = (name: string, region: string) => ({ name, region, address: host });
  return {
    format: 1,
    name: 'test',
    type: 'sandbox',
    workload: 'test',
    workloadDir: stateDir,
    configFile: join(stateDir, 'alwayson.config.ts'),
    stateDir,
    runDir: stateDir,
    installDir: stateDir,
    createdAt: new Date(0).toISOString(),
    frontDoor: { port: 1, url: 'http://localhost:1' },
    console: { port: 2, url: 'http://localhost:2' },
    zones: [zone('witness', 'witness'), zone('west-1', 'west')],
    tokens: { agents: 'agents-token', probe: 'probe-token', operator: 'o', apiKeys: ['key-1', 'key-2'] },
    passwords: { postgresSuperuser: 'a', postgresReplication: 'b', postgresApplication: 'c', redis: 'd' },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return gone;
}

async function health(
  headers: Record<string, string> = { 'x-alwayson-probe': 'probe-token' },
  method = 'GET',
) {
  return fetch(url + path, { headers, method });
}

const poll = { timeout: 15_000, interval: 50 };
const status = () =>
  health()
    .then((response) => response.status)
    .catch(() => 0);
const becomes = (wanted: number) => expect.poll(status, poll).toBe(wanted);
const body = async () => StampHealth.parse(await (await health()).json());

test('gateways and operators are told who the stamp is and how it is; nobody else', async () => {
  await becomes(200);
  expect(await body()).toMatchObject({
    stamp: 'west-1-abcdef',
    release: 'abcdef0123',
    region: 'west',
    zone: 'west-1',
    state: 'healthy',
    checks: [
      { component: 'api', status: 'healthy', scope: 'stamp', duration: expect.any(Number) },
      { component: 'worker', status: 'healthy', scope: 'stamp' },
    ],
  });
  for (const key of ['key-1', 'key-2']) expect((await health({ 'x-api-key': key })).status).toBe(200);
  const strangers: Record<string, string>[] = [
    {},
    { 'x-alwayson-probe': 'x' },
    { 'x-api-key': 'probe-token' },
  ];
  for (const headers of strangers) {
    const refused = await health(headers);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'AON_FORBIDDEN' });
  }
  const head = await health(undefined, 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('a required component that is gone takes the stamp out at once, and back in when it returns', async () => {
  await becomes(200);
  await api.stop();
  const startedAt = performance.now();
  await becomes(503);
  expect(performance.now() - startedAt).toBeLessThan(2500);
  const response = await health();
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ state: 'unhealthy' });
  await api.start();
  await becomes(200);
});

test('a required component that hangs, says 503 or stops takes the stamp out', async () => {
  await becomes(200);
  for (const answer of [
    'hang',
    { status: 503, body: { ready: false, reason: 'warming up' } },
    { status: 503, body: { ready: false, reason: 'stopping' } },
  ] as const) {
    api.answer = answer;
    await becomes(503);
    api.answer = { status: 200, body: { ready: true } };
    await becomes(200);
  }
});

test('a worker that is gone degrades the stamp, and shared stores change no code', async () => {
  await becomes(200);
  await worker.stop();
  api.answer = {
    status: 200,
    body: { ready: true, dependencies: [{ store: 'database', state: 'unhealthy', reason: 'no answer' }] },
  };
  await expect
    .poll(async () => {
      const { state, checks } = await body();
      return [state, ...checks.map((check) => `${check.component} ${check.status} ${check.scope}`)];
    }, poll)
    .toEqual(['degraded', 'api healthy stamp', 'worker degraded stamp', 'database unhealthy global']);
  expect(await status()).toBe(200);
});

test('components without users are asked less often, and often again once there are some', async () => {
  const lastPause = () => (api.askedAt.at(-1) ?? 0) - (api.askedAt.at(-2) ?? 0);
  api.answer = { status: 200, body: { ready: true, requests: 7 } };
  await expect.poll(lastPause, { timeout: 60_000, interval: 50 }).toBeGreaterThan(1900);
  await becomes(200);
  api.answer = { status: 200, body: { ready: true, requests: 1000 } };
  await expect.poll(lastPause, { timeout: 60_000, interval: 50 }).toBeLessThan(1400);
});

test('an evaluation that stopped is no evidence when the process goes on', async () => {
  await becomes(200);
  agent.kill('SIGSTOP');
  const stoppedAt = performance.now();
  // Sent while nobody answers; taken up in the first moment after, before a new evaluation can be complete.
  const answers = Array.from({ length: 5 }, () => health());
  await expect.poll(() => performance.now() - stoppedAt, poll).toBeGreaterThan(3500);
  api.answer = 'hang';
  agent.kill('SIGCONT');
  const [first] = await Promise.all(answers);
  expect(first?.status).toBe(503);
  expect(await first?.json()).toMatchObject({ state: 'unknown', checks: [{ component: 'stamp' }, {}, {}] });
  api.answer = { status: 200, body: { ready: true } };
  await becomes(200);
});

test('a drained stamp refuses traffic until it is taken back; only agents may do it', async () => {
  await becomes(200);
  const post = (action: string, token: string) =>
    fetch(`${url}/${action}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  expect((await post('drain', 'probe-token')).status).toBe(401);
  expect(await status()).toBe(200);
  expect((await post('drain', 'agents-token')).status).toBe(200);
  expect(await status()).toBe(503);
  expect((await body()).checks[0]).toMatchObject({ component: 'stamp', reason: 'drained on purpose' });
  expect((await post('undrain', 'agents-token')).status).toBe(200);
  expect(await status()).toBe(200);
});

/** What comes back for bytes that are written one piece after the other. */
async function say(...pieces: string[]): Promise<string> {
  const socket = connect({ host, port: 10_000, noDelay: true });
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece);
    await setImmediate();
  }
  return (await socket.toArray()).join('');
}

test('a check of a gateway is told the same as everybody, in one piece or in several, and ends the connection', async () => {
  await becomes(200);
  const check = (token: string) => [
    `GET ${path} HTTP/1.1\r\nhost: gateway\r\n`,
    `x-alwayson-probe: ${token}\r\nconnection: close\r\n\r\n`,
  ];
  const toBody = (answer: string) => StampHealth.parse(JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? ''));
  for (const pieces of [[check('probe-token').join('')], check('probe-token')]) {
    const answer = await say(...pieces);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nx-alwayson-state: healthy\r\n/);
    expect(toBody(answer)).toMatchObject({ stamp: 'west-1-abcdef', state: 'healthy' });
  }
  expect(await say(check('guess').join(''))).toMatch(/^HTTP\/1\.1 403 /);
  expect(await say('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  await api.stop();
  await becomes(503);
  const refusal = await say(check('probe-token').join(''));
  expect(refusal).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  expect(refusal).toMatch(/\r\nretry-after: 1\r\n/);
  expect(toBody(refusal).state).toBe('unhealthy');
});

test('liveness, readiness and metrics are open; an end is quick', async () => {
  await becomes(200);
  for (const open of ['/livez', '/readyz']) expect((await fetch(url + open)).status).toBe(200);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('alwayson_stamp_may_serve{stamp="west-1-abcdef"');
  expect(metrics).toMatch(/alwayson_stamp_evaluations_total\{[^}]*\} [1-9]/);
  expect(await end(agent, 'SIGTERM')).toBe(0);
});

test('a configuration that makes no sense ends it with a plain message', async () => {
  await end(agent, 'SIGKILL');
  const broken = await startAgent({ ALWAYSON_STAMP_COMPONENTS: '[]' });
  let stderr = '';
  broken.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => broken.once('exit', resolve));
  expect(code).toBe(1);
  expect(stderr).toContain('AON_USAGE: ALWAYSON_STAMP_COMPONENTS');
});
