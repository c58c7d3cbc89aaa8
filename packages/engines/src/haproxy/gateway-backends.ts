import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { probeTokenHeader, stampHealthPath } from '@alwayson/protocol/stamp-health.ts';
import { escapeLogFormat, quote } from './config-text.ts';
import {
  allPool,
  type GatewayPools,
  lastBackend,
  listSparePools,
  liveBackend,
  type PoolWeights,
  poolBackend,
  probeBackend,
} from './gateway-pools.ts';
import { renderPreviewCookie } from './gateway-preview.ts';
import { renderRefusal } from './gateway-problems.ts';
import { requestVariables } from './request-variables.ts';

/** The stamp agents, for the health endpoint. */
export const healthBackend = 'stamp_health';

export interface BackendOptions {
  record: RouteRecord;
  pools: GatewayPools;
  region: string;
  probeToken: string;
}

export function renderBackends(options: BackendOptions): string[] {
  const { record, pools, region } = options;
  const stamps = [...record.stamps].sort((a, b) => (a.id < b.id ? -1 : 1));
  const checked = new Map<string, string>();
  const components = record.components.flatMap(({ name }) => {
    const servers = stamps.filter((stamp) => stamp.ports[name] !== undefined);
    for (const { id } of servers) if (!checked.has(id)) checked.set(id, `${liveBackend(name)}/${id}`);
    const spare = listSparePools(pools).flatMap(({ pool, weights }) =>
      renderSpare({ pool, component: name, servers, weights, region }),
    );
    return [
      ...renderLive(name, servers, options),
      ...renderLast(name, servers, pools.live),
      ...spare,
      ...renderProbe(name, servers),
    ];
  });
  return [...components, ...renderHealth(stamps, region, checked)];
}

/** How often stamps of other regions are checked. */
const reserveCheckMs = 3000;

/**
 * A stamp is checked at its agent, which knows all of it. `observe layer4` sees a component that refuses connections before its
 * agent does, so that stamps of other regions step in even when all own ones die at once; HAProxy wants a check of each server's
 * own for it (no `track`). Not `observe layer7`: a shared outage, in which every stamp answers 5xx, would take all of them out.
 *
 * One failed check is enough: the agent has asked twice before it says 503, and who does not answer for a whole `timeout check` is
 * not just busy. So a frozen stamp is out after at most 2.3 s. What was seen to refuse comes back after rise x fastinter, by when
 * its agent (that looks every 0.7 s) knows it too; sooner, and it would come and go until then, at the cost of retries. Stamps of other
 * regions get nothing while there is one of the own, and each check costs their agent a new connection: they are asked less often, and
 * one that freezes while it stands in is out after at most 4.5 s.
 */
function renderLive(
  component: string,
  servers: readonly RouteStamp[],
  { pools, region, probeToken }: BackendOptions,
): string[] {
  const token = quote(escapeLogFormat(probeToken));
  const reserve = ` backup inter ${reserveCheckMs}ms`;
  return [
    '',
    `backend ${liveBackend(component)}`,
    '  balance roundrobin',
    '  option allbackups',
    '  option httpchk',
    `  http-check send meth GET uri ${stampHealthPath} ver HTTP/1.1 hdr host gateway hdr ${probeTokenHeader} ${token} hdr connection close`,
    '  http-check expect status 200',
    '  default-server inter 800ms fastinter 200ms downinter 500ms rise 6 fall 1',
    '  default-server observe layer4 error-limit 3 on-error mark-down',
    ...servers.map((stamp) => {
      const place = stamp.region === region ? '' : reserve;
      return `${renderServer(stamp, component)}${renderShare(stamp, pools.live)} check port ${stamp.healthPort}${place}`;
    }),
  ];
}

function renderLast(component: string, servers: readonly RouteStamp[], weights: PoolWeights): string[] {
  return [
    '',
    `backend ${lastBackend(component)}`,
    '  balance roundrobin',
    ...servers.map((stamp) => renderServer(stamp, component) + renderShare(stamp, weights)),
  ];
}

interface SparePool {
  pool: string;
  component: string;
  servers: readonly RouteStamp[];
  weights: PoolWeights;
  region: string;
}

/**
 * Stamps with other shares than live ones, healthy and switched off as those are (`track`), so that an idle pool costs nothing.
 * What refuses connections is found by retries alone until its check fails.
 */
function renderSpare({ pool, component, servers, weights, region }: SparePool): string[] {
  const reserve = pool !== allPool;
  return [
    '',
    `backend ${poolBackend(pool, component)}`,
    '  balance roundrobin',
    '  option allbackups',
    ...servers.map((stamp) => {
      const backup = reserve && stamp.region !== region ? ' backup' : '';
      const share = `weight ${weights.get(stamp.id) ?? 0}`;
      return `${renderServer(stamp, component)} ${share} track ${liveBackend(component)}/${stamp.id}${backup}`;
    }),
  ];
}

/**
 * Neither checked nor weighed: a stamp is also tried while it is off, and before it is trusted. Never tried elsewhere. Over a new
 * connection: one that was used before may just be closed, which would speak against a sound stamp.
 */
function renderProbe(component: string, servers: readonly RouteStamp[]): string[] {
  const chosen = `var(${requestVariables.chosenStamp})`;
  return [
    '',
    `backend ${probeBackend(component)}`,
    '  retries 0',
    '  http-reuse never',
    '  no option redispatch',
    ...renderPreviewCookie().map((line) => `  ${line}`),
    '  acl known always_false',
    ...servers.map(({ id }) => `  acl known ${chosen} -m str ${id}`),
    `  ${renderRefusal('AON_NO_STAMP', `No stamp of that name has the component ${component}.`)} unless known`,
    `  use-server %[${chosen}] if known`,
    ...servers.map((stamp) => renderServer(stamp, component)),
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

function renderServer(stamp: RouteStamp, component: string): string {
  return `  server ${stamp.id} ${stamp.address}:${stamp.ports[component]}`;
}

function renderShare(stamp: RouteStamp, weights: PoolWeights): string {
  return ` weight ${weights.get(stamp.id) ?? 0}${stamp.state === 'off' ? ' disabled' : ''}`;
}
