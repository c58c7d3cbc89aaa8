import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { probeTokenHeader, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';
import { escapeLogFormat, quote } from './config-text.ts';

/** Stamps that may be chosen: own region first, the others as backup, none while it is down. */
export const liveBackend = (component: string) => `live_${component}`;
/** The same stamps unchecked, used when every check fails: trying them is better than refusing everybody. */
export const lastBackend = (component: string) => `last_${component}`;
/** The stamp agents, for the health endpoint. */
export const healthBackend = 'stamp_health';

export interface BackendOptions {
  record: RouteRecord;
  region: string;
  probeToken: string;
}

export function renderBackends({ record, region, probeToken }: BackendOptions): string[] {
  const stamps = [...record.stamps].sort((a, b) => (a.id < b.id ? -1 : 1));
  const checked = new Map<string, string>();
  const components = record.components.flatMap(({ name }) => {
    const servers = stamps.filter((stamp) => stamp.ports[name] !== undefined);
    for (const { id } of servers) if (!checked.has(id)) checked.set(id, `${liveBackend(name)}/${id}`);
    return [...renderLive(name, servers, { region, probeToken }), ...renderLast(name, servers)];
  });
  return [...components, ...renderHealth(stamps, region, checked)];
}

/**
 * A stamp is checked at its agent, which knows all of it. `observe layer4` sees a component that refuses connections before its
 * agent does, so that stamps of other regions step in even when all own ones die at once; HAProxy wants a check of each server's
 * own for it (no `track`). Not `observe layer7`: a shared outage, in which every stamp answers 5xx, would take all of them out.
 */
function renderLive(
  component: string,
  servers: readonly RouteStamp[],
  { region, probeToken }: { region: string; probeToken: string },
): string[] {
  const token = quote(escapeLogFormat(probeToken));
  return [
    '',
    `backend ${liveBackend(component)}`,
    '  balance roundrobin',
    '  option allbackups',
    '  option httpchk',
    `  http-check send meth GET uri ${stampHealthPath} ver HTTP/1.1 hdr host gateway hdr ${probeTokenHeader} ${token} hdr connection close`,
    '  http-check expect status 200',
    '  default-server inter 500ms fastinter 100ms downinter 1s rise 2 fall 2',
    '  default-server observe layer4 error-limit 3 on-error mark-down',
    ...servers.map((stamp) => {
      const backup = stamp.region === region ? '' : ' backup inter 2s';
      return `  server ${renderServer(stamp, component)} check port ${stamp.healthPort}${backup}`;
    }),
  ];
}

function renderLast(component: string, servers: readonly RouteStamp[]): string[] {
  return [
    '',
    `backend ${lastBackend(component)}`,
    '  balance roundrobin',
    ...servers.map((stamp) => `  server ${renderServer(stamp, component)}`),
  ];
}

/** Stamps without a component behind the gateway have no check to follow, and no business here. */
function renderHealth(
  stamps: readonly RouteStamp[],
  region: string,
  checked: ReadonlyMap<string, string>,
): string[] {
  return [
    '',
    `backend ${healthBackend}`,
    '  balance roundrobin',
    '  option allbackups',
    ...stamps.flatMap((stamp) => {
      const followed = checked.get(stamp.id);
      const backup = stamp.region === region ? '' : ' backup';
      const server = `  server ${stamp.id} ${stamp.address}:${stamp.healthPort} track ${followed}${backup}`;
      return followed === undefined ? [] : [server];
    }),
  ];
}

/** The weight of a stamp in HAProxy. Its file has no word for "drain": weight 0 means the same, and survives a restart. */
export function toShare(stamp: RouteStamp): number {
  return stamp.state === 'ready' ? stamp.weight : 0;
}

function renderServer(stamp: RouteStamp, component: string): string {
  const disabled = stamp.state === 'off' ? ' disabled' : '';
  return `${stamp.id} ${stamp.address}:${stamp.ports[component]} weight ${toShare(stamp)}${disabled}`;
}
