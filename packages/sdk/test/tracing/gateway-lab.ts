import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { createGatewayFiles } from '../../../agents/src/gateway/gateway-files.ts';
import { createLogReceiver } from '../../../agents/src/observer/log-receiver.ts';
import { createTraceExporter } from '../../../agents/src/observer/trace-exporter.ts';
import { eventually } from '../support/eventually.ts';

export interface GatewayLab {
  readonly url: string;
  close(): Promise<void>;
}

interface GatewayLabOptions {
  /** Where the component `api` is; HAProxy and the observer's part stand beside it. */
  address: string;
  port: number;
  sampleRatio: number;
  otlpEndpoint: string;
}

/** A real HAProxy as a gateway agent sets it up, before one stamp, with the observer's trace exporter behind its log. */
export async function startGateway(options: GatewayLabOptions): Promise<GatewayLab> {
  const { address, sampleRatio, otlpEndpoint } = options;
  const dir = await mkdtemp(join(tmpdir(), 'aon-trace-'));
  const log = { address, port: 7201 };
  const exporter = createTraceExporter({
    environment: { name: 'test' },
    manifest: { name: 'shop', telemetry: { otlpEndpoint, sampleRatio } },
    region: 'west',
    log: () => {},
  });
  const receiver = await createLogReceiver({ ...log, onLine: exporter.take });
  const health = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => health.listen(10_000, address, resolve));
  const files = createGatewayFiles(dir, {
    region: 'west',
    frontDoor: { addresses: [address], port: 8080 },
    metrics: { address, port: 7110 },
    threads: 1,
    log,
    probeToken: 'probe',
    apiKeys: ['key'],
  });
  await files.prepare();
  await files.write(files.render(toRecord(options)), async () => {});
  const haproxy = spawn('haproxy', ['-db', '-f', 'haproxy.cfg'], {
    cwd: dir,
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => haproxy.once('exit', resolve));
  const url = `http://${address}:8080`;
  const close = async () => {
    haproxy.kill('SIGKILL');
    await gone;
    health.close();
    health.closeAllConnections();
    await receiver.close();
    await exporter.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await eventually('the gateway serves', async () => (await fetch(`${url}/shop/none`)).status === 404);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

function toRecord({ address, port, sampleRatio }: GatewayLabOptions): RouteRecord {
  return {
    epoch: 1,
    generation: 1,
    components: [{ name: 'api', routes: ['/'] }],
    flows: [{ name: 'vote', requests: [{ methods: ['GET', 'POST'], path: '/shop/votes' }] }],
    limits: { requestsPerSecondPerClient: 1000, requestBodyBytesMax: 65_536, requestTimeoutMs: 10_000 },
    tracing: { sampleRatio },
    stamps: [
      {
        id: 'west-1-aaaaaa',
        region: 'west',
        zone: 'west-1',
        release: 'aaaaaa',
        address,
        healthPort: 10_000,
        ports: { api: port },
        state: 'ready',
        weight: 100,
      },
    ],
  };
}
