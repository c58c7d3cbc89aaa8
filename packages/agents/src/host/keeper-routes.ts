import { hostRoutes } from '@alwayson/protocol/units.ts';
import type { FastifyInstance } from 'fastify';
import { answerAndExit } from './host-routes.ts';
import type { Keeper } from './keeper.ts';

export interface KeeperControls {
  keeper: Keeper;
  /** Ends the whole environment but this process. */
  shutdownAll(): Promise<void>;
  exit(): void;
}

/** The routes that only the witness host answers (see `hostRoutes` in protocol). */
export function registerKeeperRoutes(server: FastifyInstance, controls: KeeperControls): void {
  const { keeper } = controls;
  server.get(hostRoutes.hosts, async () => keeper.list());
  server.post<{ Params: { zone: string } }>('/hosts/:zone/start', ({ params }) =>
    keeper.startHost(params.zone),
  );
  server.post<{ Params: { zone: string } }>('/hosts/:zone/outage', ({ params }) =>
    keeper.outage(params.zone),
  );
  server.post(hostRoutes.hostsShutdown, (_request, reply) => {
    return answerAndExit(reply, controls, controls.shutdownAll());
  });
}
