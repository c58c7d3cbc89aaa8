import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { frozenSessionsScript } from '../packages/engines/src/haproxy/frozen-sessions.ts';
import { renderGatewayConfig } from '../packages/engines/src/haproxy/gateway-config.ts';
import { emptyServersState } from '../packages/engines/src/haproxy/servers-state.ts';
import type { RouteRecord } from '../packages/protocol/src/routes.ts';

/**
 * What our rules cost: requests a second and 99th percentile through a gateway as we render it and through a plain HAProxy with the same
 * stamps and as many threads, in turns, over kept connections. Clients and stamps are one Node process, which is the slower part: what
 * HAProxy itself takes for a request is told by its CPU time. Prints one JSON line. Figures, not assertions.
 */
const address = (last: number) => `127.202.9.${last}`;
const secondsPerTurn = 3;
const turns = 4;
const connections = 32;
/** Far below what either can do, where a percentile is about the gateway and not about the queue in front of it. */
const quietPerSecond = 500;

const stamps: RouteRecord['stamps'] = [1, 2].map((zone) => {
  const place = { region: 'west', zone: `west-${zone}`, release: 'aaaaaa00', address: address(zone) };
  const ports = { web: 10_001 };
  return { id: `west-${zone}-aaaaaa`, ...place, healthPort: 10_000, ports, state: 'ready', weight: 100 };
});
const record: RouteRecord = {
  epoch: 1,
  generation: 1,
  components: [{ name: 'web', routes: ['/'] }],
  flows: [
    { name: 'order', requests: [{ methods: ['POST'], path: '/shop/*/orders' }] },
    { name: 'browse', requests: [{ methods: ['GET', 'HEAD'], path: '/shop/**' }] },
  ],
  limits: { requestsPerSecondPerClient: 1_000_000, requestBodyBytesMax: 1_048_576, requestTimeoutMs: 10_000 },
  stamps,
};

const ours = () =>
  renderGatewayConfig({
    record,
    region: 'west',
    frontDoor: { addresses: [address(100)], port: 18_100 },
    metrics: { address: address(100), port: 18_101 },
    threads: 1,
    log: { address: address(100), port: 18_102 },
    adminSocket: 'admin.sock',
    stateFile: 'servers.state',
    scriptFile: 'frozen-sessions.lua',
    mapFile: 'pools.map',
    probeToken: 'probe',
    apiKeys: ['key'],
  }).text;

const plain = () =>
  [
    'global\n  nbthread 1\n  maxconn 4000',
    'defaults\n  mode http\n  timeout connect 1s\n  timeout client 30s\n  timeout server 30s',
    `frontend door\n  bind ${address(101)}:18100\n  default_backend stamps`,
    `backend stamps\n  balance roundrobin\n${stamps.map((stamp) => `  server ${stamp.id} ${stamp.address}:10001 check\n`).join('')}`,
  ].join('\n');

async function startHaproxy(folder: string, name: string, text: string): Promise<ChildProcess> {
  await writeFile(join(folder, `${name}.cfg`), text);
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
  return spawn('haproxy', ['-db', '-f', `${name}.cfg`], { cwd: folder, env, stdio: 'ignore' });
}

async function isServing(url: string): Promise<boolean> {
  return fetch(url).then(
    async (answer) => (await answer.text()).length > 0 && answer.ok,
    () => false,
  );
}

/** Sends as fast as answers come, or `perSecond` on time; answers latencies in ms. */
async function load(url: string, perSecond?: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const endAt = performance.now() + secondsPerTurn * 1000;
  let due = performance.now();
  const worker = async () => {
    while (performance.now() < endAt) {
      if (perSecond !== undefined) {
        due += 1000 / perSecond;
        await sleep(Math.max(0, due - performance.now()));
      }
      times.push(await send(url, agent));
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return times;
}

function send(url: string, agent: Agent): Promise<number> {
  const at = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${url} answered ${answer.statusCode}`));
      answer.resume();
      answer.on('end', () => resolve(performance.now() - at));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** User and system time of a process, in ms: /proc counts in ticks of 10 ms. */
async function readCpuMs(child: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function toP99Ms(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}

const folder = await mkdtemp(join(tmpdir(), 'aon-bench-'));
const servers = stamps.flatMap((stamp) =>
  [stamp.healthPort, 10_001].map((port) =>
    createServer((_incoming, answer) => answer.end('x'.repeat(1000))).listen(port, stamp.address),
  ),
);
await writeFile(join(folder, 'servers.state'), emptyServersState);
await writeFile(join(folder, 'frozen-sessions.lua'), frozenSessionsScript);
await writeFile(join(folder, 'pools.map'), '');
const children = {
  ours: await startHaproxy(folder, 'ours', ours()),
  plain: await startHaproxy(folder, 'plain', plain()),
};
try {
  const urls = { ours: `http://${address(100)}:18100/shop/1`, plain: `http://${address(101)}:18100/shop/1` };
  for (const url of Object.values(urls)) while (!(await isServing(url))) await sleep(50);
  const busy = { ours: 0, plain: 0 };
  const cpuMs = { ours: 0, plain: 0 };
  const quiet: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    const names = turn % 2 === 0 ? (['plain', 'ours'] as const) : (['ours', 'plain'] as const);
    for (const name of names) {
      const before = await readCpuMs(children[name]);
      busy[name] += (await load(urls[name])).length;
      cpuMs[name] += (await readCpuMs(children[name])) - before;
      quiet[name].push(...(await load(urls[name], quietPerSecond)));
    }
  }
  const perSecond = (count: number) => Math.round(count / turns / secondsPerTurn);
  const p99Ms = { ours: toP99Ms(quiet.ours), plain: toP99Ms(quiet.plain) };
  const figures = {
    perSecond: { ours: perSecond(busy.ours), plain: perSecond(busy.plain) },
    throughputRatio: busy.ours / busy.plain,
    cpuUsPerRequest: { ours: (cpuMs.ours * 1000) / busy.ours, plain: (cpuMs.plain * 1000) / busy.plain },
    p99Ms,
    p99AddedMs: p99Ms.ours - p99Ms.plain,
  };
  process.stdout.write(`${JSON.stringify({ bench: 'gateway', ...figures })}\n`);
} finally {
  for (const child of Object.values(children)) child.kill('SIGKILL');
  for (const server of servers) server.close().closeAllConnections();
  await rm(folder, { recursive: true, force: true });
}
