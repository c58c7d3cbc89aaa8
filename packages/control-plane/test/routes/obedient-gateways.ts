import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { GatewayReport, RouteRecord, RouteRollout } from '@alwayson/protocol/routes.ts';

/** What is committed for these stamps: those that leave drain, all others are in use. */
export function toRoutes(
  stamps: readonly StampPlan[],
  leaving: ReadonlySet<string>,
  rollout: RouteRollout | null = null,
): RouteRecord {
  return {
    epoch: 1,
    generation: 1,
    components: [],
    flows: [],
    limits: { requestsPerSecondPerClient: 1, requestBodyBytesMax: 1, requestTimeoutMs: 1 },
    stamps: stamps.map(({ id, region, zone, release, address, agentPort, ports }) => ({
      id,
      region,
      zone,
      release,
      address,
      healthPort: agentPort,
      ports,
      weight: 1,
      state: leaving.has(id) ? 'drain' : 'ready',
    })),
    ...(rollout === null ? {} : { rollout }),
  };
}

/** What a gateway tells that has done at once what it was told. */
export function toReport(
  region: string,
  stamps: readonly StampPlan[],
  { leaving, sessions }: { leaving: ReadonlySet<string>; sessions: ReadonlyMap<string, number> },
): GatewayReport {
  const none = { connect: 0, response: 0, status5xx: 0, retries: 0, redispatches: 0 };
  const times = { queueMs: 0, connectMs: 0, responseMs: 0 };
  const checked = { checkStatus: 'L7OK', checkDetail: '' };
  const rest = { component: 'api', requests: 0, errors: none, queued: 0, ...times, ...checked };
  return {
    region,
    seenAt: 0,
    epoch: 1,
    generation: 1,
    inForce: true,
    haproxy: { running: true, version: null, reloads: 0, pid: 1, replaced: [] },
    servers: stamps.map(({ id }) => ({
      ...rest,
      stamp: id,
      state: leaving.has(id) ? 'drain' : 'up',
      weight: leaving.has(id) ? 0 : 1,
      sessions: sessions.get(id) ?? 0,
    })),
    detours: [],
    pool: null,
    shed: [],
  };
}
