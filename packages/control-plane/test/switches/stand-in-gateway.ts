import { type GatewayReport, RouteRecord } from '@alwayson/protocol/routes.ts';
import Fastify from 'fastify';
import { onTestFinished } from 'vitest';

/** A gateway agent as its contract says (protocol/routes.ts): what the controller talks to. Real HAProxy has its own suite. */
export interface StandInGateway {
  record: RouteRecord | null;
  /** While false it takes records and does not report them in force, as while requests end. */
  settles: boolean;
}

export async function startGateway(region: string, address: string): Promise<StandInGateway> {
  const gateway: StandInGateway = { record: null, settles: true };
  const report = (): GatewayReport => ({
    region,
    seenAt: Date.now(),
    epoch: gateway.record?.epoch ?? null,
    generation: gateway.record?.generation ?? null,
    inForce: gateway.record !== null && gateway.settles,
    haproxy: { running: true, version: '3.0', reloads: 0, pid: 1 },
    servers: [],
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
