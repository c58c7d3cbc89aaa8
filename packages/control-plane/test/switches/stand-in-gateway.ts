import {
  type GatewayReport,
  type GatewayServer,
  RouteRecord,
  type RouteStamp,
} from '@alwayson/protocol/routes.ts';
import Fastify from 'fastify';
import { onTestFinished } from 'vitest';

/** A gateway agent as its contract says (protocol/routes.ts): what the controller talks to. Real HAProxy has its own suite. */
export interface StandInGateway {
  record: RouteRecord | null;
  /** While false it takes records and does not report them in force, as while requests end. */
  settles: boolean;
  /** Requests that it has at a stamp. */
  sessions: Map<string, number>;
}

export async function startGateway(region: string, address: string): Promise<StandInGateway> {
  const gateway: StandInGateway = { record: null, settles: true, sessions: new Map() };
  const report = (): GatewayReport => ({
    region,
    seenAt: Date.now(),
    epoch: gateway.record?.epoch ?? null,
    generation: gateway.record?.generation ?? null,
    inForce: gateway.record !== null && gateway.settles,
    haproxy: { running: true, version: '3.0', reloads: 0, pid: 1, replaced: [] },
    servers: (gateway.record?.stamps ?? []).map((stamp) => toServer(stamp, gateway)),
    reserve: (gateway.record?.stamps ?? []).flatMap(({ id, state }) => (state === 'ready' ? [id] : [])),
    detours: [],
    pool: null,
    shed: [],
    ...(gateway.settles ? {} : { reason: 'Requests are ending.' }),
  });
  const server = Fastify();
  server.get('/report', () => report());
  server.put('/routes', (request) => {
    gateway.record = RouteRecord.parse(request.body);
    return report();
  });
  await server.listen({ host: address, port: 7100 });
  onTestFinished(() => server.close());
  return gateway;
}

function toServer({ id, state, weight }: RouteStamp, { sessions }: StandInGateway): GatewayServer {
  const states = { ready: 'up', drain: 'drain', off: 'maintenance' } as const;
  return {
    component: 'api',
    stamp: id,
    state: states[state],
    weight: state === 'ready' ? weight : 0,
    sessions: sessions.get(id) ?? 0,
    requests: 0,
    errors: { connect: 0, response: 0, status5xx: 0, retries: 0, redispatches: 0 },
    queued: 0,
    queueMs: 0,
    connectMs: 0,
    responseMs: 0,
    checkStatus: 'L7OK',
    checkDetail: '',
  };
}
