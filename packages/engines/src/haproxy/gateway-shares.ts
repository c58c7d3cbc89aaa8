import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { lastBackend, liveBackend, toShare } from './gateway-backends.ts';
import type { HaproxyServer } from './runtime.ts';

export interface SharePlan {
  /** What brings HAProxy to the record while it runs. */
  commands: string[];
  /** Stamps that are to go off and still answer requests: they get nothing new, and are asked about again. */
  finishing: string[];
  /** Servers (`backend/stamp`) of the record that HAProxy does not have: only a reload brings them. */
  missing: string[];
}

/**
 * Compares the record's shares with what HAProxy runs. A stamp goes off only when its requests have ended, for HAProxy ends
 * the sessions of a server that enters maintenance; `force` does not wait for them.
 */
export function planShares(
  record: RouteRecord,
  servers: readonly HaproxyServer[],
  { force }: { force: boolean },
): SharePlan {
  const running = new Map(servers.map((server) => [`${server.backend}/${server.name}`, server]));
  const plan: SharePlan = { commands: [], finishing: [], missing: [] };
  for (const { backend, stamp } of listServers(record)) {
    const name = `${backend}/${stamp.id}`;
    const server = running.get(name);
    if (server === undefined) {
      plan.missing.push(name);
      continue;
    }
    if (server.weight !== toShare(stamp)) plan.commands.push(`set weight ${name} ${toShare(stamp)}`);
    const off = server.status.startsWith('MAINT');
    if (stamp.state !== 'off' && off) plan.commands.push(`set server ${name} state ready`);
    if (stamp.state !== 'off' || off) continue;
    const busy = server.sessions > 0 && !server.status.startsWith('DOWN');
    if (busy && !force) plan.finishing.push(stamp.id);
    else plan.commands.push(`set server ${name} state maint`);
  }
  return plan;
}

/** Shares by `backend/stamp`, for the state file that a reload reads. */
export function toShares(record: RouteRecord): Map<string, number> {
  return new Map(listServers(record).map(({ backend, stamp }) => [`${backend}/${stamp.id}`, toShare(stamp)]));
}

function listServers(record: RouteRecord): { backend: string; stamp: RouteStamp }[] {
  return record.components.flatMap(({ name }) =>
    record.stamps
      .filter((stamp) => stamp.ports[name] !== undefined)
      .flatMap((stamp) => [liveBackend(name), lastBackend(name)].map((backend) => ({ backend, stamp }))),
  );
}
