import { mkdir } from 'node:fs/promises';
import { availableParallelism, networkInterfaces } from 'node:os';
import { join, relative } from 'node:path';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { listReplaced, masterSocketName } from '@alwayson/engines/haproxy/haproxy-master.ts';
import { createHaproxyRuntime } from '@alwayson/engines/haproxy/runtime.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { readAgentConfig, requireVariable } from '../agent-process/agent-config.ts';
import { createAgentLog } from '../agent-process/agent-log.ts';
import { runAgent } from '../agent-process/run-agent.ts';
import { createGatewayAgent } from './gateway-agent.ts';
import { createGatewayApi } from './gateway-api.ts';
import { adminSocketName, createGatewayFiles } from './gateway-files.ts';
import { createReconciler } from './reconciler.ts';
import { createRouteStore } from './route-store.ts';
import { createSignalReload } from './signal-reload.ts';

runAgent(async () => {
  const { environment, region, zones } = await readAgentConfig(process.env);
  const gatewayDir = requireVariable(process.env, 'ALWAYSON_GATEWAY_DIR');
  const seed = process.env['ALWAYSON_INITIAL_ROUTES'];
  const [zone, second = zone] = zones;
  if (zone === undefined || second === undefined)
    throw new AlwaysOnError('AON_USAGE', `${region} has no zone.`);
  const unit = `gateway-${region}`;
  const log = createAgentLog(`gateway-agent-${region}`);
  const token = environment.tokens.agents;

  await mkdir(gatewayDir, { recursive: true });
  const files = createGatewayFiles(gatewayDir, {
    region,
    // Its zone's address too: there it can be asked apart from the gateways it shares the front door with.
    frontDoor: {
      addresses: [...listFrontDoorAddresses(process.env), zone.address],
      port: environment.frontDoor.port,
    },
    metrics: { address: zone.address, port: zonePorts.gatewayMetrics },
    // The gateways of all regions run on this machine.
    threads: Math.max(1, Math.floor(availableParallelism() / toRegions(environment).length)),
    log: { address: second.address, port: zonePorts.observerSyslog },
    probeToken: environment.tokens.probe,
    apiKeys: environment.tokens.apiKeys,
  });
  const runtime = createHaproxyRuntime(toShortPath(join(gatewayDir, adminSocketName)));
  const hostUrl = `http://${zone.address}:${zonePorts.host}`;
  const signalReload = createSignalReload({ hostUrl, unit, token });
  const masterSocket = toShortPath(join(gatewayDir, masterSocketName));
  const reconciler = createReconciler({
    region,
    runtime,
    files,
    listReplaced: () => listReplaced(masterSocket),
    signalReload,
    log,
  });
  const store = createRouteStore({ gatewayDir, log, ...(seed === undefined ? {} : { seed }) });
  const agent = await createGatewayAgent({ region, zones: environment.zones, store, files, reconciler, log });
  const server = createGatewayApi(agent, { token, log });
  await server.listen({ host: zone.address, port: zonePorts.gatewayAgent });
  log('started', { ready: agent.ready });
  return {
    async close() {
      await server.close();
      await agent.close();
    },
  };
});

/** ALWAYSON_FRONT_DOOR_ADDRESSES (comma separated), else both loopback addresses as far as the machine has them. */
function listFrontDoorAddresses(variables: NodeJS.ProcessEnv): string[] {
  const chosen = variables['ALWAYSON_FRONT_DOOR_ADDRESSES'];
  if (chosen !== undefined) return chosen.split(',');
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return ['127.0.0.1', ...(own.some(({ address }) => address === '::1') ? ['::1'] : [])];
}

/** Unix socket paths are limited to 108 bytes; the agent runs beside the gateway's folder. */
function toShortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}
