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
  const tracked = new Map<string, string>();
  const live = record.components.flatMap(({ name: component }) => {
    const servers = stamps.filter((stamp) => stamp.ports[component] !== undefined);
    for (const { id } of servers) if (!tracked.has(id)) tracked.set(id, `${liveBackend(component)}/${id}`);
    return [...renderLive({ component, servers, region, probeToken }), ...renderLast(component, servers)];
  });
  return [
    ...live,
    ...renderHealth(
      stamps.filter((stamp) => tracked.has(stamp.id)),
      { region, tracked },
    ),
  ];
}

interface LiveOptions {
  component: string;
  servers: readonly RouteStamp[];
  region: string;
  probeToken: string;
}

/**
 * Checks go to the stamp's agent, which knows the whole stamp; `observe layer4` sees sooner that this one component
 * refuses connections. Not `observe layer7`: a shared outage makes every stamp answer 5xx and would take all of them out.
 */
function renderLive({ component, servers, region, probeToken }: LiveOptions): string[] {
  return [
    '',
    `backend ${liveBackend(component)}`,
    '  balance roundrobin',
    '  option allbackups',
    '  option httpchk',
    `  http-check send meth GET uri ${stampHealthPath} ver HTTP/1.1 hdr host gateway hdr ${probeTokenHeader} ${quote(escapeLogFormat(probeToken))} hdr connection close`,
    '  http-check expect status 200',
    '  default-server inter 500ms fastinter 100ms downinter 1s rise 2 fall 2 on-marked-down shutdown-sessions',
    '  default-server observe layer4 error-limit 3 on-error mark-down',
    ...servers.map((stamp) => {
      const backup = stamp.region === region ? '' : ' backup inter 1s';
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

/** The weight of a stamp in HAProxy. Its file has no word for "drain": weight 0 means the same, and survives a restart. */
export function toShare(stamp: RouteStamp): number {
  return stamp.state === 'ready' ? stamp.weight : 0;
}

function renderServer(stamp: RouteStamp, component: string): string {
  const disabled = stamp.state === 'off' ? ' disabled' : '';
  return `${stamp.id} ${stamp.address}:${stamp.ports[component]} weight ${toShare(stamp)}${disabled}`;
}

function renderHealth(
  stamps: readonly RouteStamp[],
  { region, tracked }: { region: string; tracked: ReadonlyMap<string, string> },
): string[] {
  return [
    '',
    `backend ${healthBackend}`,
    '  balance roundrobin',
    '  option allbackups',
    ...stamps.map((stamp) => {
      const backup = stamp.region === region ? '' : ' backup';
      return `  server ${stamp.id} ${stamp.address}:${stamp.healthPort} track ${tracked.get(stamp.id)}${backup}`;
    }),
  ];
}
