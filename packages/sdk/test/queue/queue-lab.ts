import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderQueueConfig } from '../../../engines/src/redis/queue-config.ts';
import { connectQueueProcess, type QueueProcess } from '../../../engines/src/redis/queue-process.ts';
import type { QueueRegion } from '../../src/identity.ts';

const port = 6379;
const password = 'lab';

export interface LabServer {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  start(): Promise<void>;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** A connection of the control plane's kind to the running process. */
  steer(): Promise<QueueProcess>;
}

/** Real queue servers, with the tests in the role of the control plane. Closing it leaves no process and no file. */
export interface QueueLab {
  /** A pair that serves: the first server accepts writes, the second follows; two copies are asked for. */
  startPair(region: string): Promise<{ queue: QueueRegion; primary: LabServer; replica: LabServer }>;
  close(): Promise<void>;
}

/** `network`: the second and third byte of the loopback addresses. */
export function createQueueLab(network: string): QueueLab {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-queue-'));
  const servers: LabServer[] = [];
  const addServer = () => {
    const server = createServer(`127.${network}.${servers.length + 1}`, folder);
    servers.push(server);
    return server;
  };
  return {
    async startPair(region) {
      const [primary, replica] = [addServer(), addServer()];
      await Promise.all([primary.start(), replica.start()]);
      await serve(primary, { term: 1, copies: 2 });
      await attach(primary, replica);
      return { queue: { region, servers: [primary.url, replica.url] }, primary, replica };
    },
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the control plane does to let a server accept writes. */
export async function serve(server: LabServer, options: { term: number; copies: 1 | 2 }): Promise<void> {
  const process = await server.steer();
  await process.unfence(options);
  process.close();
}

/** Makes `replica` a full copy of `primary`, confirmed. */
export async function attach(primary: LabServer, replica: LabServer): Promise<void> {
  const [upper, lower] = [await primary.steer(), await replica.steer()];
  await lower.follow(primary);
  await eventually('the copy is complete', () => upper.confirmCopy(200));
  upper.close();
  lower.close();
}

/** Polls until something holds; errors on the way count as "not yet". */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000) {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await sleep(20);
  }
  throw new Error(`Not within ${limitMs} ms: ${what}.`, { cause: last });
}

function createServer(address: string, folder: string): LabServer {
  const dir = join(folder, address);
  mkdirSync(join(dir, 'data'), { recursive: true });
  writeFileSync(
    join(dir, 'redis.conf'),
    renderQueueConfig({ address, port, password, durability: 'replicated' }),
  );
  let child: ChildProcess | undefined;
  const steer = () => connectQueueProcess({ address, port, password }, 1000);
  return {
    url: `redis://:${password}@${address}:${port}`,
    address,
    port,
    steer,
    async start() {
      child = spawn('redis-server', [join(dir, 'redis.conf')], { cwd: dir, stdio: 'ignore' });
      await eventually(`${address} answers`, async () => {
        const process = await steer();
        const { loading } = await process.report();
        process.close();
        return !loading;
      });
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}
