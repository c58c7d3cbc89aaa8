import { liveBackend } from '@alwayson/engines/haproxy/gateway-backends.ts';
import type { HaproxyServer } from '@alwayson/engines/haproxy/runtime.ts';
import type { GatewayReport, GatewayServer, RouteRecord } from '@alwayson/protocol/routes.ts';
import type { GatewayView } from './reconciler.ts';

export interface GatewayReportParts {
  region: string;
  record: RouteRecord | null;
  view: GatewayView;
}

export function toGatewayReport({ region, record, view }: GatewayReportParts): GatewayReport {
  const components = new Map((record?.components ?? []).map(({ name }) => [liveBackend(name), name]));
  return {
    region,
    epoch: record?.epoch ?? null,
    generation: record?.generation ?? null,
    inForce: view.inForce,
    haproxy: { running: view.info !== null, version: view.info?.version ?? null, reloads: view.reloads },
    servers: view.servers.flatMap((server) => {
      const component = components.get(server.backend);
      return component === undefined ? [] : [toGatewayServer(component, server)];
    }),
    ...(view.reason === null ? {} : { reason: view.reason }),
  };
}

function toGatewayServer(component: string, server: HaproxyServer): GatewayServer {
  const { name, weight, sessions, requests, checkStatus } = server;
  return { component, stamp: name, state: toServerState(server), weight, sessions, requests, checkStatus };
}

/** `UP 1/2` is up with a failed check behind it, `DOWN 1/2` down with a passed one; `INI` has not been checked yet. */
function toServerState({ status, weight, checkStatus }: HaproxyServer): GatewayServer['state'] {
  if (status.startsWith('MAINT')) return 'maintenance';
  if (status.startsWith('DOWN')) return 'down';
  if (status.startsWith('DRAIN') || weight === 0) return 'drain';
  return checkStatus.startsWith('INI') ? 'starting' : 'up';
}
