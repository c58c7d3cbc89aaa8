import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { probeTokenHeader, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';
import { createRig, toRecord, tokens } from '../../../agents/test/gateway/rig.ts';

export const oldRelease = 'a'.repeat(64);
export const newRelease = 'b'.repeat(64);

export const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'web', command: ['node', 'web.ts'], routes: ['/'] }],
  flows: [
    {
      name: 'order',
      path: ['web'],
      requests: [{ methods: ['POST'], path: '/shop/*/orders' }],
      probe: { write: { path: '/shop/7/orders', body: { id: '{uuid}' } } },
    },
    { name: 'browse', path: ['web'], criticality: 'high', probe: { path: '/shop/list' } },
    { name: 'look', path: ['web'], criticality: 'high', probe: { path: '/shop/7' } },
    { name: 'sync', path: ['web'], kind: 'system' },
  ],
  release: { prefetch: ['/shop/front'] },
});

export interface Heard {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a stamp's component does at a path. */
type Behaviour = { status?: number; ms?: number } | 'reset';

export interface TestStamp {
  plan: StampPlan;
  route: RouteStamp;
  /** What reached its component, health checks left out. */
  heard: Heard[];
  behave(path: string, behaviour: Behaviour): void;
  /** What it says of itself. */
  says: { release: string; name: string | null };
  /** It behaves and says as it did at first. */
  reset(): void;
  /** Both of its processes are gone. */
  kill(): Promise<void>;
}

/** Real gateways of two regions, their agents, and stamps in this process that say which they are. */
export async function createGatewayEstate(net: number) {
  const rig = await createRig(net);
  const environment = Environment.parse(JSON.parse(await readFile(rig.environmentFile, 'utf8')));
  const stamps: TestStamp[] = [];
  const startStamp = async (zone: string, release: string): Promise<TestStamp> => {
    const stamp = await openStamp(toPlan(environment, zone, release));
    stamps.push(stamp);
    return stamp;
  };
  return {
    rig,
    environment,
    startStamp,
    startGateway: rig.startGateway,
    async close() {
      await rig.close();
      await Promise.all(stamps.map((stamp) => stamp.kill()));
    },
  };
}

export function toRoutes(stamps: readonly TestStamp[], change: Partial<RouteRecord> = {}): RouteRecord {
  return { ...toRecord([]), stamps: stamps.map(({ route }) => route), ...change };
}

function toPlan({ zones }: Environment, zone: string, release: string): StampPlan {
  const { region = '', address = '' } = zones.find(({ name }) => name === zone) ?? {};
  const agentPort = release === oldRelease ? 10_000 : 10_020;
  const id = `${zone}-${release.slice(0, 6)}`;
  return { id, region, zone, address, release, ordinal: 0, agentPort, ports: { web: agentPort + 1 } };
}

async function openStamp(plan: StampPlan): Promise<TestStamp> {
  const { id, region, zone, address, release, agentPort, ports } = plan;
  const behaviours = new Map<string, Behaviour>();
  const heard: Heard[] = [];
  const says: TestStamp['says'] = { release, name: `${id}-web` };
  const agent = createServer((request, response) => {
    const isKnown = request.headers[probeTokenHeader] === tokens.probe && request.url === stampHealthPath;
    response.writeHead(isKnown ? 200 : 403, { 'content-type': 'application/json' });
    const health = { stamp: id, release: says.release, region, zone, state: 'healthy' };
    response.end(JSON.stringify({ ...health, lastExecution: '', checks: [] }));
  });
  const component = createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const path = request.url ?? '';
      heard.push({ method: request.method ?? '', path, headers: request.headers, body });
      const behaviour = behaviours.get(path) ?? {};
      if (behaviour === 'reset') {
        request.socket.resetAndDestroy();
        return;
      }
      const { status = request.method === 'POST' ? 202 : 200, ms = 0 } = behaviour;
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      response.writeHead(status, says.name === null ? {} : { 'x-server-name': says.name }).end('{}');
    });
  });
  const servers = [agent, component];
  await listen(agent, agentPort, address);
  await listen(component, ports['web'] ?? 0, address);
  const route = { id, region, zone, release, address, healthPort: agentPort, ports };
  return {
    plan,
    route: { ...route, state: 'ready', weight: 100 },
    heard,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    says,
    reset() {
      behaviours.clear();
      Object.assign(says, { release, name: `${id}-web` });
    },
    async kill() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(
        servers.filter(({ listening }) => listening).map((server) => new Promise((end) => server.close(end))),
      );
    },
  };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve) => server.listen(port, address, resolve));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
