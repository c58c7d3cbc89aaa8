import { Switches, SwitchAnswer, SwitchEndRequest, SwitchRequest } from '@alwayson/protocol/switches.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { SwitchBoard } from '../switches/switch-board.ts';

/** The switches of protocol/control-api.ts. A change is answered 202: its operation goes on until the gateways have it in force. */
export function registerSwitchRoutes(server: FastifyInstance, board: SwitchBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const security = [{ operator: [] }];
  const response = { 200: SwitchAnswer, 202: SwitchAnswer };
  const list = { summary: 'Operator switches in force, oldest first', response: { 200: Switches } };
  api.get('/api/switches', { schema: list }, () => [...board.list()]);
  const set = {
    summary: 'Take a stamp, region or zone off, drain it, or start maintenance',
    body: SwitchRequest,
    response,
    security,
  };
  api.post('/api/switches', { schema: set }, async (request, reply) => {
    const answer = await board.set(request.body);
    return reply.status(answer.changed ? 202 : 200).send(answer);
  });
  const end = {
    summary: 'Put a target back, or end its maintenance',
    body: SwitchEndRequest,
    response,
    security,
  };
  api.post('/api/switches/end', { schema: end }, async (request, reply) => {
    const answer = await board.end(request.body);
    return reply.status(answer.changed ? 202 : 200).send(answer);
  });
}
