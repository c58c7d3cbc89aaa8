import {
  allPool,
  anyFlow,
  isServing,
  liveBackend,
  poolBackend,
  refusalSuffix,
  reservePool,
} from '@alwayson/engines/haproxy/gateway-pools.ts';
import type { HaproxyServer } from '@alwayson/engines/haproxy/server-statistics.ts';
import type { GatewayReport, GatewayServer, RouteRecord } from '@alwayson/protocol/routes.ts';
import type { GatewayView } from './reconciler.ts';

export interface GatewayReportParts {
  region: string;
  record: RouteRecord | null;
  view: GatewayView;
}

export function toGatewayReport({ region, record, view }: GatewayReportParts): GatewayReport {
  const components = (record?.components ?? []).map(({ name }) => name);
  const weightsOf = (pool: string) => readWeights(view.servers, components, pool);
  const isRefusal = ([key]: [string, string]) => key.endsWith(refusalSuffix);
  const detours = [...view.poolMap].filter((entry) => entry[0] !== anyFlow && !isRefusal(entry));
  return {
    region,
    seenAt: view.seenAtMs,
    epoch: record?.epoch ?? null,
    generation: record?.generation ?? null,
    inForce: view.inForce,
    ...(record?.rollout === undefined ? {} : { rollout: record.rollout }),
    haproxy: {
      running: view.info !== null,
      version: view.info?.version ?? null,
      reloads: view.reloads,
      pid: view.info?.pid ?? null,
      ...(view.replaced === null ? {} : { replaced: [...view.replaced] }),
    },
    servers: components.flatMap((component) => toGatewayServers(component, view.servers)),
    detours: detours.map(([flow, pool]) => ({ flow, weights: weightsOf(pool) })),
    pool: view.poolMap.get(anyFlow) === allPool ? weightsOf(allPool) : null,
    reserve: Object.entries(weightsOf(reservePool)).flatMap(([id, weight]) => (weight > 0 ? [id] : [])),
    shed: [...view.poolMap]
      .filter(isRefusal)
      .map(([key, percent]) => ({ flow: key.slice(0, -refusalSuffix.length), part: Number(percent) / 100 })),
    ...(view.reason === null ? {} : { reason: view.reason }),
  };
}

/** A pool has the same weights for every component; not every stamp has every component. */
function readWeights(
  servers: readonly HaproxyServer[],
  components: readonly string[],
  pool: string,
): Record<string, number> {
  const backends = new Set(components.map((component) => poolBackend(pool, component)));
  const inPool = servers.filter(({ backend }) => backends.has(backend));
  return Object.fromEntries(inPool.map(({ name, weight }) => [name, weight]));
}

/** State, share and check are those of the live pool; what was served is summed over all pools. */
function toGatewayServers(component: string, servers: readonly HaproxyServer[]): GatewayServer[] {
  const live = servers.filter(({ backend }) => backend === liveBackend(component));
  return live.map((server) => {
    const { name: stamp, weight, checkStatus, checkDetail } = server;
    const served = servers.filter(({ name, backend }) => name === stamp && isServing(backend, component));
    return {
      component,
      stamp,
      state: toServerState(server),
      weight,
      ...sumServed(served),
      checkStatus,
      checkDetail,
    };
  });
}

function sumServed(served: readonly HaproxyServer[]) {
  const sum = (read: (server: HaproxyServer) => number) =>
    served.reduce((total, own) => total + read(own), 0);
  const requests = sum((server) => server.requests);
  const mean = (read: (server: HaproxyServer) => number) =>
    requests === 0 ? 0 : Math.round(sum((server) => read(server) * server.requests) / requests);
  return {
    sessions: sum((server) => server.sessions),
    requests,
    errors: {
      connect: sum((server) => server.connectErrors),
      response: sum((server) => server.responseErrors),
      status5xx: sum((server) => server.status5xx),
      retries: sum((server) => server.retries),
      redispatches: sum((server) => server.redispatches),
    },
    queued: sum((server) => server.queued),
    queueMs: mean((server) => server.queueMs),
    connectMs: mean((server) => server.connectMs),
    responseMs: mean((server) => server.responseMs),
  };
}

/** `UP 1/2` is up with a failed check behind it, `DOWN 1/2` down with a passed one; `INI` has not been checked yet. */
function toServerState({ status, weight, checkStatus }: HaproxyServer): GatewayServer['state'] {
  if (status.startsWith('MAINT')) return 'maintenance';
  if (status.startsWith('DOWN')) return 'down';
  if (status.startsWith('DRAIN') || weight === 0) return 'drain';
  return checkStatus.startsWith('INI') ? 'starting' : 'up';
}
