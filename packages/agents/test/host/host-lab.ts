import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { identify } from '@alwayson/engines/process/identity.ts';
import { killMarked } from '@alwayson/engines/process/marked-processes.ts';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { HostStatus, type UnitSpecInput, type UnitStatus } from '@alwayson/protocol/units.ts';

const installDir = join(import.meta.dirname, '../../../..');
const hostMain = join(installDir, 'packages/agents/src/host/main.ts');
const tinyServer = fileURLToPath(new URL('./tiny-server.ts', import.meta.url));

/** An environment on loopback addresses of its own, with real host processes, that leaves nothing behind. */
export interface HostLab {
  environment: Environment;
  environmentFile: string;
  /** Starts a zone's host as `alwayson up` starts the witness; resolves with its pid when it listens. */
  startHost(zone: string): Promise<number>;
  /** Runs a host to its end, for hosts that refuse to start. */
  runHost(zone: string, env?: Record<string, string>): Promise<{ exitCode: number | null; output: string }>;
  hostPid(zone: string): number;
  /** `what`: such as `POST /units/web/stop`. */
  call(zone: string, what: string, body?: unknown): Promise<HostAnswer>;
  status(zone: string): Promise<HostStatus>;
  /** Waits until a unit's status satisfies the condition. */
  until(zone: string, unit: string, condition: (status: UnitStatus) => boolean): Promise<UnitStatus>;
  unitDir(zone: string, unit: string): string;
  /** The spec of a tiny HTTP server. */
  spec(zone: string, id: string, more?: Partial<UnitSpecInput>): UnitSpecInput;
  close(): Promise<void>;
}

/** `network`: the second and third byte of the loopback addresses, such as `201.10`. */
export function createHostLab(network: string): HostLab {
  const stateDir = mkdtempSync(join(tmpdir(), 'alwayson-host-'));
  chmodSync(stateDir, 0o755);
  const environment = describe(stateDir, network);
  const environmentFile = join(stateDir, 'environment.json');
  writeFileSync(environmentFile, JSON.stringify(environment), { mode: 0o600 });
  let port = 20_000;

  const addressOf = (zone: string) => environment.zones.find(({ name }) => name === zone)?.address ?? '';
  const hostEnv = (zone: string) => ({
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ALWAYSON_ENVIRONMENT: environmentFile,
    ALWAYSON_ZONE: zone,
    SECRET_OF_THE_HOST: 'not for units',
  });
  const hostPid = (zone: string): number =>
    JSON.parse(readFileSync(join(stateDir, 'hosts', zone, 'host.json'), 'utf8')).pid;

  const call: HostLab['call'] = (zone, what, body) =>
    callHost({ address: addressOf(zone), token: environment.tokens.agents, what, body });
  const status = async (zone: string) => HostStatus.parse((await call(zone, 'GET /host')).body);

  return {
    environment,
    environmentFile,
    hostPid,
    call,
    status,
    async startHost(zone) {
      const log = openSync(join(stateDir, `${zone}.out`), 'a');
      const child = spawn(process.execPath, [hostMain], {
        detached: true,
        stdio: ['ignore', log, log],
        env: hostEnv(zone),
      });
      child.unref();
      await eventually(`the host of ${zone} listens`, async () => {
        if (child.exitCode !== null) throw new Error(readFileSync(join(stateDir, `${zone}.out`), 'utf8'));
        return (await status(zone)).pid === child.pid;
      });
      return child.pid ?? 0;
    },
    runHost(zone, env = {}) {
      return new Promise((resolve) => {
        const child = spawn(process.execPath, [hostMain], { env: { ...hostEnv(zone), ...env } });
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk) => (output += String(chunk)));
        child.on('close', (exitCode) => resolve({ exitCode, output }));
      });
    },
    async until(zone, unit, condition) {
      let seen: UnitStatus | undefined;
      await eventually(
        `${unit} in ${zone} is as wanted`,
        async () => {
          seen = (await status(zone)).units.find(({ id }) => id === unit);
          return seen !== undefined && condition(seen);
        },
        () => JSON.stringify(seen),
      );
      if (seen === undefined) throw new Error(`${zone} has no ${unit}`);
      return seen;
    },
    unitDir: (zone, unit) => join(stateDir, 'units', zone, unit),
    spec(zone, id, more = {}) {
      port += 1;
      const address = addressOf(zone);
      return {
        id,
        kind: 'component',
        generation: 1,
        command: ['{node}', tinyServer],
        address,
        port,
        probe: { type: 'http', path: '/' },
        stop: { deadlineMs: 3000 },
        ...more,
        env: { HOST: address, PORT: `${more.port ?? port}`, ...more.env },
      };
    },
    async close() {
      const key = createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
      await killMarked({ variable: 'ALWAYSON_ENVIRONMENT', value: environmentFile });
      for (const variable of ['ALWAYSON_UNIT_KEY', 'ALWAYSON_TASK_KEY']) {
        await killMarked({ variable, value: key, holds: `${stateDir}/` });
      }
      rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Polls until something holds; errors on the way count as "not yet". */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  describeSeen: () => string = () => '',
): Promise<void> {
  const deadline = Date.now() + 30_000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(25);
  }
  throw new Error(`Not within 30 s: ${what}. ${describeSeen()}`, { cause: last });
}

export function lives(pid: number): boolean {
  return identify(pid) !== undefined;
}

export interface HostAnswer {
  status: number;
  body: unknown;
}

interface HostCall {
  address: string;
  token: string;
  what: string;
  body?: unknown;
}

export async function callHost({ address, token, what, body }: HostCall): Promise<HostAnswer> {
  const [method, path] = what.split(' ');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = request({ host: address, port: zonePorts.host, method, path, headers }, resolve);
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  const isJson = response.headers['content-type']?.includes('json') ?? false;
  return { status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text };
}

function describe(stateDir: string, network: string): Environment {
  const zone = (name: string, region: string, last: string) => ({
    name,
    region,
    address: `127.${network}.${last}`,
  });
  return {
    format: 1,
    name: 'lab',
    type: 'production',
    workload: 'lab',
    workloadDir: stateDir,
    configFile: join(stateDir, 'alwayson.config.ts'),
    stateDir,
    runDir: stateDir,
    installDir,
    createdAt: new Date().toISOString(),
    frontDoor: { port: 8080, url: 'http://localhost:8080' },
    console: { port: 8900, url: 'http://localhost:8900' },
    zones: [zone('witness', 'witness', '1'), zone('west-1', 'west', '11'), zone('west-2', 'west', '12')],
    tokens: { agents: 'agents-token', probe: 'probe-token', operator: 'operator-token', apiKeys: ['key'] },
    passwords: {
      postgresSuperuser: 'a',
      postgresReplication: 'b',
      postgresApplication: 'c',
      redis: 'd',
    },
  };
}
