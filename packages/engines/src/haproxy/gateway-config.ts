import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { renderBackends } from './gateway-backends.ts';
import { renderFrontend } from './gateway-frontend.ts';
import { type GatewayPools, renderPoolMap, toGatewayPools } from './gateway-pools.ts';
import { renderPreviewBackends } from './gateway-preview.ts';
import { renderOwnAnswers, renderRefusal } from './gateway-problems.ts';
import { nowhereBackend } from './gateway-routing.ts';

export interface GatewayConfigOptions {
  record: RouteRecord;
  /** The gateway's own region: its stamps come first. */
  region: string;
  frontDoor: { addresses: readonly string[]; port: number };
  metrics: { address: string; port: number };
  /** Of HAProxy. Gateways that share a machine share its cores: threads that wait for a core make each other slower. */
  threads: number;
  /** Where the observer listens for log lines (UDP). */
  log: { address: string; port: number };
  /** Both relative to HAProxy's folder: unix socket paths are limited to 108 bytes. */
  adminSocket: string;
  stateFile: string;
  /** Holds `frozenSessionsScript` and `unansweredRequestsScript`. */
  scriptFile: string;
  /** Holds `GatewayConfig.poolMap`. */
  mapFile: string;
  probeToken: string;
  apiKeys: readonly string[];
}

export interface GatewayConfig {
  text: string;
  /** Names everything that only a reload can change; HAProxy tells it back as its description. */
  structure: string;
  /** Which flows are served by which pool; it can change while HAProxy runs. */
  poolMap: string;
}

const keepAliveSeconds = 60;

/** The whole haproxy.cfg (HAProxy 2.6 or later) of one gateway. Shares and states are in it too: a restart serves the same. */
export function renderGatewayConfig(options: GatewayConfigOptions): GatewayConfig {
  const pools = toGatewayPools(options.record, options.region);
  const structure = createHash('sha256').update(renderStructure(options, pools)).digest('hex').slice(0, 16);
  return { text: renderText(options, pools, structure), structure, poolMap: renderPoolMap(pools) };
}

/** The file with every share, state and version the same. */
function renderStructure(options: GatewayConfigOptions, pools: GatewayPools): string {
  const stamps = options.record.stamps.map((stamp): RouteStamp => ({ ...stamp, state: 'ready', weight: 1 }));
  const record = { ...options.record, epoch: 0, generation: 0, stamps };
  const none = new Map<string, number>();
  const detours = pools.detours.map(() => ({ flows: [], weights: none }));
  return renderText(
    { ...options, record },
    { live: none, reserve: none, all: null, detours, refusals: none },
    '-',
  );
}

function renderText(options: GatewayConfigOptions, pools: GatewayPools, structure: string): string {
  const { record, region, frontDoor, metrics, mapFile, probeToken, apiKeys } = options;
  const binds = frontDoor.addresses.map((address) => toEndpoint(address, frontDoor.port));
  const lines = [
    '# Written by the gateway agent; changes made by hand are lost.',
    `# epoch ${record.epoch}, generation ${record.generation}`,
    ...renderGlobal(options, structure),
    ...renderDefaults(record),
    ...renderFrontend({ record, binds, keepAliveSeconds, mapFile, probeToken, apiKeys }),
    ...renderMetrics(toEndpoint(metrics.address, metrics.port)),
    ...renderBackends({ record, pools, region, probeToken }),
    ...renderPreviewBackends(record, region),
    '',
    `backend ${nowhereBackend}`,
    `  ${renderRefusal('AON_NO_ROUTE', 'Nothing is served at this path.')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * An old process lives until its idle clients have come back or timed out (`idle-close-on-response`): a shorter limit than
 * that would cut requests. proc.boot names the process in the log; %t is the time at which it read this file.
 */
function renderGlobal(options: GatewayConfigOptions, structure: string): string[] {
  const oldProcessSeconds = keepAliveSeconds + Math.ceil(options.record.limits.requestTimeoutMs / 1000) + 5;
  return [
    '',
    'global',
    `  description ${structure}`,
    `  stats socket unix@${options.adminSocket} mode 600 level admin`,
    `  server-state-file ${options.stateFile}`,
    `  lua-load ${options.scriptFile}`,
    `  log ${toEndpoint(options.log.address, options.log.port)} len 4096 format raw local0 info`,
    `  hard-stop-after ${oldProcessSeconds}s`,
    '  maxconn 4000',
    `  nbthread ${options.threads}`,
    '  set-var proc.boot date()',
  ];
}

/**
 * Six retries: three refusals take a stamp out, so two dead stamps of the own region leave one attempt for another region.
 * `retry-on` without response-timeout: a request that a stamp is still working on must not be started twice. A frozen stamp is
 * found by its check instead, and what waits for it is freed by the script (frozen-sessions.ts).
 */
function renderDefaults(record: RouteRecord): string[] {
  return [
    '',
    'defaults',
    '  mode http',
    '  log global',
    '  option dontlognull',
    '  option http-ignore-probes',
    '  option idle-close-on-response',
    '  option redispatch 1',
    '  retries 6',
    '  retry-on conn-failure empty-response',
    '  load-server-state-from-file global',
    '  timeout connect 250ms',
    '  timeout check 1500ms',
    '  timeout client 30s',
    `  timeout server ${record.limits.requestTimeoutMs}ms`,
    '  timeout tunnel 1h',
    '  timeout http-request 5s',
    `  timeout http-keep-alive ${keepAliveSeconds}s`,
    ...renderOwnAnswers().map((line) => `  ${line}`),
  ];
}

function renderMetrics(endpoint: string): string[] {
  return [
    '',
    'frontend metrics',
    `  bind ${endpoint}`,
    '  no log',
    '  monitor-uri /livez',
    '  http-request use-service prometheus-exporter if { path /metrics }',
  ];
}

function toEndpoint(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
