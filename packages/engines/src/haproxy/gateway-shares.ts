import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import {
  type GatewayPools,
  lastBackend,
  listSparePools,
  liveBackend,
  poolBackend,
  refusalSuffix,
  toGatewayPools,
  toPoolMap,
} from './gateway-pools.ts';
import type { HaproxyServer } from './server-statistics.ts';

export interface SharePlan {
  /** What brings HAProxy to the record while it runs. */
  commands: string[];
  /** Stamps that are to go off and still answer requests: they get nothing new, and are asked about again. */
  finishing: string[];
  /** Servers (`backend/stamp`) of the record that HAProxy does not have: only a reload brings them. */
  missing: string[];
}

export interface SharePlanOptions {
  record: RouteRecord;
  region: string;
  /** The map as HAProxy has it in memory, and the name of its file. */
  poolMap: ReadonlyMap<string, string>;
  mapFile: string;
  /** Does not wait for requests that are still being answered. */
  force: boolean;
}

interface WantedServer {
  backend: string;
  stamp: RouteStamp;
  weight: number;
  /** The backends whose sessions would end if this server was taken out; none for one that follows another. */
  followers: readonly string[] | null;
}

/**
 * Compares the record's shares with what HAProxy runs. What adds comes before what takes away: a backend whose last share is gone
 * refuses at once. A stamp goes off only when its requests have ended, for HAProxy ends the sessions of a server that enters
 * maintenance. Flows are sent to a pool when it has its shares, and never to one that HAProxy does not have yet.
 */
export function planShares(servers: readonly HaproxyServer[], options: SharePlanOptions): SharePlan {
  const running = new Map(servers.map((server) => [`${server.backend}/${server.name}`, server]));
  const pools = toGatewayPools(options.record, options.region);
  const adding: string[] = [];
  const taking: string[] = [];
  const finishing: string[] = [];
  const missing: string[] = [];
  for (const { backend, stamp, weight, followers } of listServers(options.record, pools)) {
    const name = `${backend}/${stamp.id}`;
    const server = running.get(name);
    if (server === undefined) {
      missing.push(name);
      continue;
    }
    if (server.weight < weight) adding.push(`set weight ${name} ${weight}`);
    if (server.weight > weight) taking.push(`set weight ${name} ${weight}`);
    if (followers === null) continue;
    const off = server.status.startsWith('MAINT');
    if (stamp.state !== 'off' && off) adding.push(`set server ${name} state ready`);
    if (stamp.state !== 'off' || off) continue;
    const sessions = [backend, ...followers].map((own) => running.get(`${own}/${stamp.id}`)?.sessions ?? 0);
    const busy = sessions.some((count) => count > 0) && !server.status.startsWith('DOWN');
    if (busy && !options.force) finishing.push(stamp.id);
    else taking.push(`set server ${name} state maint`);
  }
  const here = new Set(servers.map(({ backend }) => backend.split('_')[0]));
  const isReady = ([key, pool]: [string, string]) => key.endsWith(refusalSuffix) || here.has(pool);
  const ready = new Map([...toPoolMap(pools)].filter(isReady));
  return { commands: [...adding, ...taking, ...planPoolMap(ready, options)], finishing, missing };
}

function planPoolMap(
  wanted: ReadonlyMap<string, string>,
  { poolMap, mapFile }: Pick<SharePlanOptions, 'poolMap' | 'mapFile'>,
): string[] {
  const set = [...wanted].filter(([flow, pool]) => poolMap.get(flow) !== pool);
  const gone = [...poolMap.keys()].filter((flow) => !wanted.has(flow));
  return [
    ...set.map(([flow, pool]) => `${poolMap.has(flow) ? 'set' : 'add'} map ${mapFile} ${flow} ${pool}`),
    ...gone.map((flow) => `del map ${mapFile} ${flow}`),
  ];
}

/** Shares by `backend/stamp`, for the state file that a reload reads. Servers that follow others need no line in it. */
export function toShares(record: RouteRecord, region: string): Map<string, number> {
  return new Map(
    listServers(record, toGatewayPools(record, region))
      .filter(({ followers }) => followers !== null)
      .map(({ backend, stamp, weight }) => [`${backend}/${stamp.id}`, weight]),
  );
}

function listServers(record: RouteRecord, pools: GatewayPools): WantedServer[] {
  const spare = listSparePools(pools);
  return record.components.flatMap(({ name }) => {
    const followers = spare.map(({ pool }) => poolBackend(pool, name));
    const backends = [
      { backend: liveBackend(name), weights: pools.live, followers },
      { backend: lastBackend(name), weights: pools.live, followers: [] },
      ...spare.map(({ pool, weights }) => {
        return { backend: poolBackend(pool, name), weights, followers: null };
      }),
    ];
    return record.stamps
      .filter((stamp) => stamp.ports[name] !== undefined)
      .flatMap((stamp) =>
        backends.map(({ backend, weights, followers: own }) => {
          return { backend, stamp, weight: weights.get(stamp.id) ?? 0, followers: own };
        }),
      );
  });
}
