import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { toHaproxyCommand } from '@alwayson/engines/haproxy/haproxy-master.ts';
import type { GatewayReport, RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';

export const tokens = {
  agents: 'agents-token',
  probe: 'probe-token',
  operator: 'operator',
  apiKeys: ['key-1', "key'2"],
};
export const frontDoorPort = 18_080;
const componentPort = 10_001;

export interface Stamp {
  route: RouteStamp;
  agent: ChildProcess;
  component: ChildProcess;
}

/**
 * An estate in small on addresses of its own (127.202.<net>.*): regions west (two stamps) and east (one), gateway processes
 * kept running as a host keeps them, their agents, a host API that passes signals on. `close` ends every process.
 */
export async function createRig(net: number) {
  const dir = await mkdtemp(join(tmpdir(), 'aon-gw-'));
  await chmod(dir, 0o755);
  const address = (zone: number) => `127.202.${net}.${zone}`;
  const zones = [
    { name: 'witness', region: 'witness', address: address(1) },
    { name: 'west-1', region: 'west', address: address(11) },
    { name: 'west-2', region: 'west', address: address(12) },
    { name: 'east-1', region: 'east', address: address(21) },
    { name: 'east-2', region: 'east', address: address(22) },
  ];
  const frontDoor = `http://${address(100)}:${frontDoorPort}`;
  const environmentFile = join(dir, 'environment.json');
  await writeFile(environmentFile, JSON.stringify(toEnvironment(dir, zones, frontDoor)));
  const processes = new Set<ChildProcess>();
  const closers: (() => Promise<void>)[] = [];
  let closing = false;

  const run = (command: string[], env: Record<string, string>, cwd = dir): ChildProcess => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd,
      env: {
        PATH: `${process.env['PATH']}:/usr/sbin`,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ...env,
      },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    processes.add(child);
    child.once('exit', () => processes.delete(child));
    return child;
  };

  const startProgram = (role: string, route: RouteStamp): ChildProcess =>
    run([process.execPath, fileURLToPath(new URL('stamp-program.ts', import.meta.url))], {
      ROLE: role,
      ADDRESS: route.address,
      PORT: String(role === 'agent' ? route.healthPort : route.ports['web']),
      COMPONENT_PORT: String(route.ports['web']),
      STAMP: route.id,
      TOKEN: tokens.probe,
    });

  const startStamp = async (zoneName: string, release = 'aaaaaa'): Promise<Stamp> => {
    const zone = zones.find(({ name }) => name === zoneName);
    if (zone === undefined) throw new Error(`no zone ${zoneName}`);
    const offset = release === 'aaaaaa' ? 0 : 20;
    const route: RouteStamp = {
      id: `${zoneName}-${release}`,
      region: zone.region,
      zone: zone.name,
      release,
      address: zone.address,
      healthPort: componentPort - 1 + offset,
      ports: { web: componentPort + offset },
      state: 'ready',
      weight: 100,
    };
    const component = startProgram('component', route);
    await until(() => answers(`http://${route.address}:${route.ports['web']}/readyz`), 'component');
    const agent = startProgram('agent', route);
    const headers = { 'x-alwayson-probe': tokens.probe };
    await until(() => answers(`http://${route.address}:${route.healthPort}/`, headers), 'agent');
    return { route, agent, component };
  };

  const startGateway = async (region: 'west' | 'east', first?: RouteRecord) => {
    const zone = zones.find((candidate) => candidate.region === region);
    const gatewayDir = join(dir, `gateway-${region}`);
    await mkdir(gatewayDir, { recursive: true });
    if (first !== undefined) await writeFile(join(gatewayDir, 'routes.json'), JSON.stringify(first));
    let haproxy: ChildProcess | undefined;
    const keepHaproxy = () => {
      if (closing) return;
      haproxy = run(toHaproxyCommand('haproxy.cfg'), {}, gatewayDir);
      haproxy.once('exit', () => setTimeout(keepHaproxy, 100));
    };
    const host = createServer((request, response) => {
      if (request.url === `/units/gateway-${region}/signal`) haproxy?.kill('SIGUSR2');
      response.end('{}');
    });
    await new Promise<void>((resolve) => host.listen(7000, zone?.address, resolve));
    closers.push(async () => void host.close());
    const startAgent = async () => {
      const child = run(
        [process.execPath, fileURLToPath(new URL('../../src/gateway/main.ts', import.meta.url))],
        {
          ALWAYSON_ENVIRONMENT: environmentFile,
          ALWAYSON_REGION: region,
          ALWAYSON_GATEWAY_DIR: gatewayDir,
          ALWAYSON_FRONT_DOOR_ADDRESSES: address(100),
        },
      );
      const ready = first === undefined ? [200, 503] : [200];
      await until(
        async () => ready.includes(await statusOf(`http://${zone?.address}:7100/readyz`)),
        'gateway agent',
      );
      return child;
    };
    const call = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${tokens.agents}`, 'content-type': 'application/json' };
      const answer = await fetch(`http://${zone?.address}:7100${path}`, { headers, ...init });
      return {
        status: answer.status,
        body: (await answer.json()) as GatewayReport & { code: string; detail: string },
      };
    };
    const gateway = {
      dir: gatewayDir,
      agent: await startAgent(),
      startAgent,
      master: () => haproxy,
      /** The newest child of the master; older ones are finishing their clients. */
      worker: async () => {
        const pid = haproxy?.pid;
        const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
        return Number(children.trim().split(' ').at(-1));
      },
      put: (record: RouteRecord) => call('/routes', { method: 'PUT', body: JSON.stringify(record) }),
      report: () => call('/report'),
      metrics: `http://${zone?.address}:7110`,
    };
    if (first !== undefined) {
      keepHaproxy();
      await until(async () => (await gateway.report()).body.inForce, `record in force in ${region}`);
      const up = async () =>
        (await gateway.report()).body.servers.every(({ checkStatus }) => checkStatus === 'L7OK');
      await until(up, 'stamps checked');
    }
    return gateway;
  };

  const close = async () => {
    closing = true;
    for (const child of processes) {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
    await Promise.all(closers.map((closer) => closer()));
    await until(() => processes.size === 0, 'processes to end');
    await rm(dir, { recursive: true, force: true });
  };
  return {
    dir,
    frontDoor,
    zones,
    environmentFile,
    address,
    run,
    startStamp,
    startProgram,
    startGateway,
    close,
  };
}

export type Rig = Awaited<ReturnType<typeof createRig>>;

export function toRecord(stamps: readonly Stamp[], change: Partial<RouteRecord> = {}): RouteRecord {
  return {
    epoch: 1,
    generation: 1,
    components: [{ name: 'web', routes: ['/'] }],
    flows: [
      { name: 'browse', requests: [{ methods: ['GET', 'HEAD'], path: '/shop/**' }] },
      { name: 'order', requests: [{ methods: ['POST'], path: '/shop/*/orders' }] },
    ],
    limits: { requestsPerSecondPerClient: 5000, requestBodyBytesMax: 1_048_576, requestTimeoutMs: 10_000 },
    stamps: stamps.map(({ route }) => route),
    ...change,
  };
}

/** Waits for a fact, not as long as a test may take: so it is told what was waited for. */
export async function until(fact: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!(await fact())) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await sleep(20);
  }
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  return fetch(url, { headers: { ...headers, connection: 'close' } }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    },
    () => 0,
  );
}

const answers = async (url: string, headers?: Record<string, string>) =>
  (await statusOf(url, headers)) === 200;

function toEnvironment(dir: string, zones: unknown, url: string) {
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
    frontDoor: { port: frontDoorPort, url },
    console: { port: 18_081, url },
    zones,
    tokens,
    passwords: { postgresSuperuser: '', postgresReplication: '', postgresApplication: '', redis: '' },
  };
}
