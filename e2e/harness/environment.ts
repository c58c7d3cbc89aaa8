import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Status } from '@alwayson/protocol/status.ts';

const installDir = join(import.meta.dirname, '..', '..');

/** One running environment of its own for a scenario: own state folder, own ports, driven by the CLI like any user's. */
export interface TestEnvironment {
  home: string;
  frontDoor: string;
  console: string;
  apiKey: string;
  /** Of operators, at the console's API. */
  operatorToken: string;
  cli(...args: string[]): Promise<CliResult>;
  status(): Promise<Status>;
  /** Polls until the status satisfies the condition; fails with what was last seen. */
  until(what: string, condition: (status: Status) => boolean, withinMs?: number): Promise<Status>;
  down(): Promise<void>;
}

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export async function startEnvironment(options: { config?: string } = {}): Promise<TestEnvironment> {
  const home = await mkdtemp(join(tmpdir(), 'alwayson-e2e-'));
  const [port, consolePort] = [await freePort(), await freePort()];
  const cli = (...args: string[]) => runCli(home, args);
  const config = options.config === undefined ? [] : ['--config', options.config];
  const up = await cli(
    'up',
    '--detach',
    '--json',
    '--port',
    `${port}`,
    '--console-port',
    `${consolePort}`,
    ...config,
  );
  if (up.exitCode !== 0) {
    await cli('down', '--purge', '--yes');
    throw new Error(`up failed with ${up.exitCode}:\n${up.stdout}\n${up.stderr.slice(-4000)}`);
  }
  const environment = JSON.parse(await readFile(join(home, 'environment.json'), 'utf8')) as Environment;
  const console = environment.console.url;

  const status = async (): Promise<Status> => {
    const response = await fetch(`${console}/api/status`, { signal: AbortSignal.timeout(5000) });
    return (await response.json()) as Status;
  };
  return {
    home,
    frontDoor: environment.frontDoor.url,
    console,
    apiKey: environment.tokens.apiKeys[0] ?? '',
    operatorToken: environment.tokens.operator,
    cli,
    status,
    async until(what, condition, withinMs = 60_000) {
      const deadline = Date.now() + withinMs;
      let seen: Status | undefined;
      while (Date.now() < deadline) {
        seen = await status().catch(() => undefined);
        if (seen !== undefined && condition(seen)) return seen;
        await sleep(100);
      }
      throw new Error(
        `Not within ${withinMs} ms: ${what}. Last seen:\n${JSON.stringify(seen, null, 1)?.slice(0, 6000)}`,
      );
    },
    async down() {
      await cli('down', '--purge', '--yes');
    },
  };
}

export function runCli(home: string, args: readonly string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, ALWAYSON_HOME: home };
    const options = { env, timeout: 600_000, maxBuffer: 16 * 1024 * 1024 };
    execFile(join(installDir, 'alwayson'), args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** Every unit of a status with where it is. */
export function unitsOf(status: Status) {
  return status.regions.flatMap((region) =>
    region.zones.flatMap((zone) =>
      zone.units.map((unit) => ({ ...unit, zone: zone.name, region: region.name })),
    ),
  );
}

/** Everything is as after a bring-up. */
export function isWhole(status: Status): boolean {
  return (
    status.phase === 'running' &&
    unitsOf(status).every((unit) => unit.state === 'healthy') &&
    status.stamps.every((stamp) => stamp.state === 'healthy') &&
    status.gateways.every((gateway) => gateway.inForce) &&
    status.database.members.every((member) => member.state === 'healthy') &&
    status.database.members.some((member) => member.sync) &&
    status.queues.every((queue) => queue.state === 'healthy' && queue.copies === 2)
  );
}

/** The process group of a pid, from /proc: what `kill -9 -<group>` ends. */
export function groupOf(pid: number): number {
  return Number(statOf(pid)[2]);
}

/** When nothing of a killed process group runs any more: on a busy machine that takes a moment. Throws after half a minute. */
export async function untilGroupEnded(group: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  const runs = (pid: number) => {
    const [state, , ofGroup] = statOf(pid);
    return Number(ofGroup) === group && state !== 'Z';
  };
  while (performance.now() < deadline) {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    if (!pids.some((pid) => runs(Number(pid)))) return;
    await sleep(10);
  }
  throw new Error(`Process group ${group} still runs 30 s after it was killed.`);
}

/** Fields of /proc/PID/stat from the state on; none when there is no such process. */
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
