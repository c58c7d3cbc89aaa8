import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderProcessMetrics } from '@alwayson/engines/process/render-process-metrics.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { observationPath } from '@alwayson/protocol/observation.ts';
import { historyPath } from '@alwayson/protocol/traffic.ts';
import { readAgentConfig } from '../agent-process/agent-config.ts';
import { createAgentLog } from '../agent-process/agent-log.ts';
import { createAgentServer } from '../agent-process/agent-server.ts';
import { runAgent } from '../agent-process/run-agent.ts';
import { readRange } from './history-range.ts';
import { createObserver } from './observer.ts';
import { startProbers } from './probers.ts';
import { createTraceExporter } from './trace-exporter.ts';

runAgent(async () => {
  const { environment, region, zones } = await readAgentConfig(process.env);
  // Beside the gateway's zone, not in it: what ends the one leaves the other.
  const zone = zones[1] ?? zones[0];
  if (zone === undefined) throw new AlwaysOnError('AON_USAGE', `${region} has no zone.`);
  const log = createAgentLog(`observer-${region}`);
  const [gatewayZone = zone] = zones;
  const gateway = {
    url: `http://${gatewayZone.address}:${environment.frontDoor.port}`,
    agentUrl: `http://${gatewayZone.address}:${zonePorts.gatewayAgent}`,
  };
  const manifest = await readManifest(join(environment.stateDir, 'manifest.json'));
  const traces = createTraceExporter({ environment, manifest, region, log });
  const observer = await createObserver({
    onLine: traces.take,
    region,
    manifest,
    logAddress: { address: zone.address, port: zonePorts.observerSyslog },
    historyFile: join(process.cwd(), 'history.db'),
    startProbers: (onResult) => startProbers({ environment, manifest, gateway, onResult }),
    log,
  });
  const server = createAgentServer({ token: environment.tokens.agents, log });
  server.get(observationPath, () => observer.observe());
  server.get(historyPath, (request) => {
    const { from, to } = readRange(request.query);
    return observer.history(from, to);
  });
  server.get('/readyz', () => ({ ready: true }));
  server.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(renderProcessMetrics() + observer.metrics()),
  );
  await server.listen({ host: zone.address, port: zonePorts.observer });
  log('started');
  return {
    async close() {
      await server.close();
      await observer.close();
      await traces.close();
    },
  };
});

async function readManifest(file: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new AlwaysOnError('AON_STATE_FOLDER', `${file} is not a manifest.`, { cause: error });
  }
}
