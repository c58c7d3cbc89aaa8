import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { tryListen } from './loopback.ts';
import { describeProcess, findEnvironmentProcesses } from './process-table.ts';

interface WantedPort {
  address: string;
  port: number;
  /** What it is for, and how to choose another. */
  use: string;
  hint?: string;
}

/** Throws AON_PORT_TAKEN, naming who listens there, unless it is this environment itself. */
export async function assertPortsFree(environment: Environment): Promise<void> {
  const own = new Set(findEnvironmentProcesses(environment.stateDir).map(({ pid }) => pid));
  for (const wanted of listWantedPorts(environment)) {
    const outcome = await tryListen(wanted.address, wanted.port);
    if (outcome === 'free') continue;
    if (outcome === 'EADDRNOTAVAIL') {
      throw new AlwaysOnError(
        'AON_PREREQUISITE_MISSING',
        `This machine has no loopback address ${wanted.address}.`,
      );
    }
    const owners = findPortOwners(wanted.port);
    if (owners.length > 0 && owners.every((pid) => own.has(pid))) continue;
    throw toPortError(
      wanted,
      outcome,
      owners.filter((pid) => !own.has(pid)),
    );
  }
}

function listWantedPorts({ frontDoor, console, zones }: Environment): WantedPort[] {
  return [
    {
      address: '127.0.0.1',
      port: frontDoor.port,
      use: 'the front door',
      hint: 'choose another with --port N',
    },
    {
      address: '127.0.0.1',
      port: console.port,
      use: 'the console',
      hint: 'choose another with --console-port N',
    },
    ...zones.flatMap(({ name, address }) =>
      ['host', 'postgres', 'pgbouncer', 'redisQueue', 'redisCache'].map((use) => ({
        address,
        port: zonePorts[use as keyof typeof zonePorts],
        use: `zone ${name}`,
      })),
    ),
  ];
}

function toPortError(wanted: WantedPort, outcome: string, owners: readonly number[]): AlwaysOnError {
  const place = `Port ${wanted.port} of ${wanted.address}, wanted for ${wanted.use},`;
  if (outcome === 'EACCES') {
    return new AlwaysOnError('AON_PORT_TAKEN', `${place} may not be used by this user.`, {
      hint: 'Choose a port above 1023.',
    });
  }
  const who = owners.length > 0 ? `by ${owners.map(describeProcess).join(', ')}` : 'by another program';
  const other = wanted.hint ?? 'make it listen on an address of its own instead of on all';
  return new AlwaysOnError('AON_PORT_TAKEN', `${place} is taken ${who}.`, { hint: `Stop it, or ${other}.` });
}

/** Processes that listen on the port at any local address; empty when the system does not tell this user. */
function findPortOwners(port: number): number[] {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => findListeners(table, port)));
  if (sockets.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && holdsSocket(name, sockets))
    .map(Number);
}

function findListeners(table: string, port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readLines(table)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(ending) && state === '0A')
    .map((fields) => `socket:[${fields[9]}]`);
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function holdsSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) =>
      sockets.has(readlinkSync(`/proc/${pid}/fd/${name}`)),
    );
  } catch {
    return false;
  }
}
