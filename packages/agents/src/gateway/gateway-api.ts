import { gatewayRoutes } from '@alwayson/protocol/routes.ts';
import type { FastifyInstance } from 'fastify';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { createAgentServer } from '../agent-process/agent-server.ts';
import type { GatewayAgent } from './gateway-agent.ts';
import { renderGatewayMetrics } from './gateway-metrics.ts';

const recordBytesMax = 4 * 1024 * 1024;

export function createGatewayApi(
  agent: GatewayAgent,
  options: { token: string; log: AgentLog },
): FastifyInstance {
  const server = createAgentServer({ ...options, bodyBytesMax: recordBytesMax });
  server.put(gatewayRoutes.routes, (request) => agent.offer(request.body));
  server.get(gatewayRoutes.report, () => agent.report());
  server.get('/readyz', (_request, reply) =>
    reply.code(agent.ready ? 200 : 503).send({ ready: agent.ready }),
  );
  server.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(renderGatewayMetrics(agent.lastReport())),
  );
  return server;
}
